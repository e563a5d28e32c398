//! Adding a countable capacity: general admission, or a limit that several ticket types share.

use super::event::PoolAdded;
use super::{Decision, Inventory, InventoryRefused};
use crate::id::PoolId;

/// Add a pool.
#[derive(Debug, Clone)]
pub struct AddPool {
    /// The pool.
    pub pool: PoolId,
    /// What people call it.
    pub name: String,
    /// How many units it has.
    pub capacity: u32,
}

/// Decides [`AddPool`].
///
/// # Errors
/// There is no such show, or such a pool already.
pub fn decide(command: &AddPool, inventory: &Inventory) -> Decision {
    inventory.terms()?;
    if inventory.pool_index.contains_key(&command.pool) {
        return Err(InventoryRefused::Exists);
    }
    Ok(vec![PoolAdded { capacity: command.capacity, name: command.name.clone(), pool: command.pool }.into()])
}
