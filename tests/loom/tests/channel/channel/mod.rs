//! The module in which these files find each other.

#[path = "../../../../../src/channel/capacity.rs"]
mod capacity;
mod channel_model;
#[path = "../../../../../src/channel/error.rs"]
mod error;
#[path = "../../../../../src/channel/shared.rs"]
mod shared;
