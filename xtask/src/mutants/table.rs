//! Which test notices which deliberate bug.

use super::Line;

/// One line at least for every name in `Mutant::ALL` (domain/src/mutant.rs).
pub(super) const LINES: &[Line] = &[
    Line {
        mutant: "no_hold_id",
        package: "boxoffice-domain",
        binary: "model",
        test: "a_former_holder_changes_nothing",
    },
    Line {
        mutant: "late_expiry",
        package: "boxoffice-domain",
        binary: "model",
        test: "a_hold_is_over_at_its_deadline",
    },
    Line {
        mutant: "no_version_check",
        package: "boxoffice-infra",
        binary: "conformance",
        test: "log::sqlite::a_stream_at_another_version_is_a_conflict",
    },
    Line {
        mutant: "reply_before_durable",
        package: "boxoffice-commands",
        binary: "mutants",
        test: "tests::every_seed_of_the_simulation_ends_well",
    },
    Line {
        mutant: "speculative_rejection",
        package: "boxoffice-commands",
        binary: "mutants",
        test: "tests::every_seed_of_the_simulation_ends_well",
    },
    Line {
        mutant: "forgetful_restart",
        package: "boxoffice-commands",
        binary: "mutants",
        test: "tests::every_seed_of_the_simulation_ends_well",
    },
    Line {
        mutant: "unknown_is_landed",
        package: "boxoffice-commands",
        binary: "mutants",
        test: "tests::every_seed_of_the_simulation_ends_well",
    },
    Line {
        mutant: "replies_out_of_order",
        package: "boxoffice-commands",
        binary: "mutants",
        test: "tests::every_seed_of_the_simulation_ends_well",
    },
    Line {
        mutant: "stale_rejection",
        package: "boxoffice-commands",
        binary: "mutants",
        test: "tests::every_seed_of_the_simulation_ends_well",
    },
    Line {
        mutant: "unchecked_snapshot",
        package: "boxoffice-commands",
        binary: "mutants",
        test: "tests::every_seed_of_the_simulation_ends_well",
    },
    Line {
        mutant: "forgetful_snapshot",
        package: "boxoffice-commands",
        binary: "mutants",
        test: "tests::every_seed_of_the_simulation_ends_well",
    },
    Line {
        mutant: "no_epoch_check",
        package: "boxoffice-infra",
        binary: "conformance",
        test: "log::sqlite::an_older_epoch_is_fenced",
    },
    Line {
        mutant: "no_epoch_check",
        package: "boxoffice-infra",
        binary: "conformance",
        test: "log::postgres::an_older_epoch_is_fenced",
    },
    Line {
        mutant: "no_version_check",
        package: "boxoffice-infra",
        binary: "conformance",
        test: "log::postgres::a_stream_at_another_version_is_a_conflict",
    },
];
