//! The write path without its adapters: the owner of a stream, the simulation of many, and the engine around them.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod owner;
#[cfg(test)]
mod ports;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod snapshots;
#[cfg(test)]
mod store;
#[cfg(test)]
mod toy;
#[cfg(test)]
mod world;
