//! What a client does no more once its member signs out, though the app still has it.

use std::sync::Arc;

use async_trait::async_trait;
use faithcall::room::Devices;
use faithcall::room::fake::{FakeEngine, FakeLiveKit};
use faithcall::{
    Config, FixedToken, PushFields, PushRefused, RequestError, Secret, TokenError, TokenProvider,
    TokenReason,
};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::links::token;
use crate::phone::{PATIENCE, Phone};

/// Neither server nor broker is there.
async fn alone(tokens: impl TokenProvider) -> Phone {
    let config = Config::new("http://localhost:9", "mqtt://localhost:9", "device-1").unwrap();
    let engine = FakeEngine::new(&FakeLiveKit::new(), Devices::silent());
    Phone::connect(config, tokens, Arc::new(engine)).await
}

/// Tells when it is dropped: nobody asks it any more.
struct Dropped(#[expect(dead_code, reason = "dropped with it")] oneshot::Sender<()>);

#[async_trait]
impl TokenProvider for Dropped {
    async fn token(&self, _reason: TokenReason) -> Result<Secret, TokenError> {
        Ok(Secret::new(token("ruth")))
    }
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
    let phone = alone(FixedToken::new(token("ruth"))).await;
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

// Broken by keeping the token for whoever still has the client: the app's provider was asked for new
// ones, of a member that is signed in no more.
#[tokio::test]
async fn the_apps_token_provider_is_let_go_of_though_the_app_keeps_the_client() {
    let (kept, dropped) = oneshot::channel();
    let phone = alone(Dropped(kept)).await;
    phone.disconnect().await;
    let dropped = timeout(PATIENCE, dropped).await;
    assert!(dropped.is_ok(), "it is still kept");
    assert_eq!(phone.member().as_str(), "ruth");
}
