//! What a client does no more once its member signs out, though the app still has it.

use std::sync::Arc;

use faithcall::room::Devices;
use faithcall::room::fake::{FakeEngine, FakeLiveKit};
use faithcall::{Config, FixedToken, PushFields, PushRefused, RequestError};

use crate::links::token;
use crate::phone::Phone;

/// Neither server nor broker is there.
async fn alone() -> Phone {
    let config = Config::new("http://localhost:9", "mqtt://localhost:9", "device-1").unwrap();
    let engine = FakeEngine::new(&FakeLiveKit::new(), Devices::silent());
    Phone::connect(config, FixedToken::new(token("ruth")), Arc::new(engine)).await
}

fn invite() -> PushFields {
    [
        ("faithcall", "1"),
        ("type", "call_invite"),
        ("call_id", "c1"),
        ("rev", "1"),
        ("call_type", "voice"),
        ("caller_id", "boas"),
        ("caller_name", "Boas"),
        ("callee_id", "ruth"),
        ("ring_expires_in_ms", "45000"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

// Broken by asking whether the loop is over: while the goodbyes are said it is not, and the app
// showed a ring that nothing ever ended.
#[tokio::test]
async fn a_push_that_comes_while_the_member_signs_out_is_not_taken() {
    let phone = alone().await;
    assert!(phone.handle_push(&invite()).is_ok());
    let meanwhile = async {
        let pushed = phone.handle_push(&invite());
        (pushed, phone.history(1, 1, None).await.map(drop))
    };
    let ((), (pushed, asked)) = tokio::join!(biased; phone.disconnect(), meanwhile);
    assert_eq!(pushed, Err(PushRefused::SignedOut));
    assert_eq!(asked, Err(RequestError::SignedOut));
    assert_eq!(phone.handle_push(&invite()), Err(PushRefused::SignedOut));
}
