//! One suite for every room engine.
//!
//! `livekit_ffi` needs LiveKit's media library and server, found as the engine and
//! `faithcall-testing` find them; where one is missing the tests fail and say what to do.

// What a test may do; clippy knows only functions marked `#[test]` by itself.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

/// Hands the names of the suite's tests to a macro.
macro_rules! every_test {
    ($over:ident) => {
        $over! {
            entering_tells_who_is_there
            who_comes_again_is_in_another_stay
            a_wrong_token_is_refused
            a_room_that_is_not_there_is_named
            an_unreachable_server_is_named_in_time
            a_server_that_never_answers_is_named_in_time
            two_hear_each_other_and_not_themselves
            what_comes_is_counted_by_its_sender
            another_network_is_no_end
            a_lowered_picture_is_half_as_wide_and_comes_back
            a_prepared_microphone_is_silent_and_opens_no_device
            who_waits_hears_nothing_until_permitted
            mute_is_silence_and_closes_the_device
            a_camera_goes_on_off_and_on
            microphone_and_camera_are_turned_on_and_off_side_by_side
            who_is_not_playable_is_neither_heard_nor_seen
            while_nobody_is_playable_nothing_is_sent
            who_is_playable_again_soon_is_heard_and_seen
            a_broken_connection_is_mended
            who_leaves_is_seen_to_leave
            a_dropped_session_leaves
            who_is_removed_is_told_why
            a_deleted_room_ends_for_everybody
            the_same_identity_again_ends_the_first
            who_may_not_publish_is_told
            a_device_that_does_not_open_is_named
        }
    };
}

mod devices;
mod fake;
mod livekit_ffi;
mod suite;
mod world;
