//! What an answer rests on: the settings of the server's log, as the server tells them in its metrics.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::cli::client::{Call, Client};
use crate::cli::failed::Failed;

/// The line of the metrics that has them as its labels.
const METRIC: &str = "boxoffice_log_settings{";

/// Settings by name.
pub(super) type Settings = BTreeMap<String, String>;

/// Asks a server.
pub(super) async fn of_server(address: SocketAddr) -> Result<Settings, Failed> {
    let reply = Client::new(address).call(&Call::get("/metrics")).await?;
    settings(&String::from_utf8_lossy(&reply.body))
        .ok_or_else(|| Failed::new("the server does not tell the settings of its log"))
}

/// The labels, none of which has a quotation mark or a comma in it.
fn settings(metrics: &str) -> Option<Settings> {
    let labels = metrics.lines().find_map(|line| line.strip_prefix(METRIC)?.split_once('}'))?.0;
    let settings = labels.split(',').filter_map(|label| label.split_once('='));
    Some(settings.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect())
}

/// Settings for people.
pub(super) fn in_words(settings: &Settings) -> String {
    let setting = |(name, value): (&String, &String)| match (name.as_str(), value.as_str()) {
        ("synchronous", "2") => "synchronous 2 (FULL)".to_owned(),
        _ => format!("{name} {value}"),
    };
    settings.iter().map(setting).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_found_among_the_metrics() {
        let metrics = "# TYPE boxoffice_log_settings gauge\n\
            boxoffice_log_settings{store=\"sqlite\",journal_mode=\"wal\",synchronous=\"2\"} 1\nother 3\n";
        let found = settings(metrics).unwrap();
        assert_eq!(in_words(&found), "journal_mode wal, store sqlite, synchronous 2 (FULL)");
        assert_eq!(settings("other 3\n"), None);
    }
}
