//! What a machine takes and gives, in values and in JSON, and what is shown, told and sounded.

pub(super) mod alerting;
pub(super) mod event;
pub(super) mod form;
pub(super) mod input;
pub(super) mod output;
pub(super) mod routing;
pub(super) mod view;
