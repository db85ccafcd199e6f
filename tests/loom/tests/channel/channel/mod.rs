//! Where these files have each other.

mod channel_model;
#[path = "../../../../../src/channel/error.rs"]
mod error;
#[path = "../../../../../src/channel/gate.rs"]
mod gate;
#[path = "../../../../../src/channel/link.rs"]
mod link;
