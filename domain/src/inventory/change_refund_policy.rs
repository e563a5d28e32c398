//! Changing on what terms buyers may give tickets back. Who has ordered keeps the terms of that time where they are
//! better.

use super::event::RefundPolicyChanged;
use super::{Decision, Inventory, InventoryRefused};
use crate::refund::RefundPolicy;

/// Change the refund policy.
#[derive(Debug, Clone)]
pub struct ChangeRefundPolicy {
    /// The terms; none: tickets are not given back.
    pub policy: Option<RefundPolicy>,
    /// What the caller takes the policy for, if they say so.
    pub expected: Option<Option<RefundPolicy>>,
}

/// Decides [`ChangeRefundPolicy`]. What holds already changes nothing.
///
/// # Errors
/// There is no such show, or it has another policy than the caller takes it for.
pub fn decide(command: &ChangeRefundPolicy, inventory: &Inventory) -> Decision {
    let known = inventory.terms()?.drafted.refund_policy;
    if command.expected.is_some_and(|expected| expected != known) {
        return Err(InventoryRefused::Changed);
    }
    if known == command.policy {
        return Ok(Vec::new());
    }
    Ok(vec![RefundPolicyChanged { policy: command.policy }.into()])
}

#[cfg(test)]
mod tests {
    use super::super::scenario::*;
    use super::*;

    #[test]
    fn a_policy_changes_to_another_one() {
        let policy = Some(half_back(60));
        given(theatre())
            .at(0)
            .when(change_policy(policy))
            .then_and([RefundPolicyChanged { policy }.into()])
            .when(change_policy(policy))
            .then_and([])
            .when(change_policy(None))
            .then([RefundPolicyChanged { policy: None }.into()]);
    }

    #[test]
    fn a_policy_that_somebody_else_has_changed_stays() {
        let change = ChangeRefundPolicy { policy: None, expected: Some(None) };
        given(theatre())
            .and(0, RefundPolicyChanged { policy: Some(half_back(60)) })
            .when(super::super::InventoryCommand::ChangeRefundPolicy(change))
            .then_refused(InventoryRefused::Changed);
        given(Vec::new()).at(0).when(change_policy(None)).then_refused(InventoryRefused::UnknownShow);
    }
}
