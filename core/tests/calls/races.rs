//! The catalogue of races, where the room does not matter: old news, and tokens that expire. What
//! breaks each is said beside it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use faithcall::room::{
    Capabilities, ConnectOptions, RoomEngine, RoomError, RoomEvents, RoomSession,
};
use faithcall::{
    CallId, CallType, Config, Event, FixedToken, News, RejectReason, RejectScope, Secret,
    TokenError, TokenProvider, TokenReason,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::media::one_to_one::{ended, rings};
use crate::media::proxy::Proxy;
use crate::media::world::World;
use crate::phone::{PATIENCE, Phone};
use crate::voice::{self, Said, Voice};

/// Enters no room, and shows with which token it would have.
struct Door(mpsc::UnboundedSender<Secret>);

#[async_trait]
impl RoomEngine for Door {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            silent_microphone: true,
        }
    }

    async fn connect(
        &self,
        options: ConnectOptions,
        _events: RoomEvents,
    ) -> Result<Box<dyn RoomSession>, RoomError> {
        // A test that does not look has dropped the other end.
        let _ = self.0.send(options.token);
        Err(RoomError::Unreachable)
    }
}

/// A phone with such a door, which does not join before it is answered.
async fn phone(
    config: Config,
    tokens: impl TokenProvider,
) -> (Phone, mpsc::UnboundedReceiver<Secret>) {
    let (tell, shown) = mpsc::unbounded_channel();
    let config = config.join_ahead(false);
    let phone = Phone::connect(config, tokens, Arc::new(Door(tell))).await;
    phone.link_up().await;
    (phone, shown)
}

async fn signed_in(world: &World, member: &str, device: &str) -> Phone {
    let token = FixedToken::new(world.token(member));
    phone(world.config(device), token).await.0
}

/// The first phone calls the second, which rings.
async fn ring(caller: &Phone, callee: &Phone) -> CallId {
    let whom = [callee.member().clone()];
    let call = caller.start_call(&whom, CallType::Voice).await.unwrap();
    assert_eq!(rings(callee).await, call);
    call
}

/// All that is said of a call until both know that it is over.
async fn said_of(voice: &mut Voice, call: &CallId) -> Vec<Said> {
    let (mut said, mut told) = (Vec::new(), 0);
    while told < 2 {
        let (topic, message) = voice.next().await;
        if message["call_id"] == call.as_str() {
            let over = message["snapshot"]["reason"].is_string();
            told += u8::from(over);
            said.push((topic, message));
        }
    }
    said
}

// D3: broken by ringing for 45 s whatever time is left, or by ringing for what /sync does not name.

#[tokio::test]
async fn race_d3_what_rang_while_the_phone_was_away_never_rings() {
    let broker = voice::broker().await;
    let mut voice = Voice::at(&broker).await;
    let world = World::over(broker).await;
    let way = Proxy::to(world.broker()).await;
    let ruth = signed_in(&world, "ruth", "r1").await;
    let api = format!("http://{}", world.api());
    let over_it = Config::new(&api, &format!("mqtt://{}", way.address()), "b1").unwrap();
    let (boas, _) = phone(over_it, FixedToken::new(world.token("boas"))).await;
    way.close();
    let down = |news: &News| matches!(news, News::LinkDown(_)).then_some(());
    boas.until(down).await;

    let whom = ["boas".parse().unwrap()];
    let call = ruth.start_call(&whom, CallType::Voice).await.unwrap();
    // A cancel that overtakes its create would be the end of it before anybody was told.
    let placed = |event: &Event| matches!(event, Event::Placed { .. }).then_some(());
    ruth.until_call(placed).await;
    ruth.cancel(&call).await.unwrap();
    ended(&ruth).await;
    let said = said_of(&mut voice, &call).await;
    way.open();
    boas.link_up().await;
    // An invite that waited somewhere says how much time is left.
    let invite = said.iter().find(|(_, said)| said["type"] == "call_invite");
    let (topic, mut late) = invite.cloned().unwrap();
    late["ring_expires_in_ms"] = json!(0);
    voice.say(&(topic, late)).await;

    let first = |event: &Event| match event {
        Event::Missed { call_id, .. } => Some((true, call_id.clone())),
        event => event.call_id().map(|call_id| (false, call_id.clone())),
    };
    assert_eq!(boas.until_call(first).await, (true, call));
    // And a call that really comes rings.
    ring(&ruth, &boas).await;
    tokio::join!(ruth.disconnect(), boas.disconnect());
}

// D4: broken by taking whatever comes for news of the present call.

#[tokio::test]
async fn race_d4_signals_of_an_old_call_during_a_new_one() {
    let broker = voice::broker().await;
    let mut voice = Voice::at(&broker).await;
    let world = World::over(broker).await;
    let ruth = signed_in(&world, "ruth", "r1").await;
    let boas = signed_in(&world, "boas", "b1").await;
    let old = ring(&ruth, &boas).await;
    let (reason, scope) = (RejectReason::Busy, RejectScope::Member);
    boas.reject(&old, reason, scope).await.unwrap();
    tokio::join!(ended(&ruth), ended(&boas));
    let said = said_of(&mut voice, &old).await;

    let new = ring(&ruth, &boas).await;
    for message in said.iter().rev().chain(&said) {
        voice.say(message).await;
    }
    ruth.cancel(&new).await.unwrap();
    for phone in [&ruth, &boas] {
        let over = |event: &Event| {
            assert_ne!(event.call_id(), Some(&old), "{event:?}");
            match event {
                Event::Ended { ended, .. } | Event::EndConfirmed { ended, .. } => {
                    ended.confirmed.then_some(())
                }
                _ => None,
            }
        };
        phone.until_call(over).await;
    }
    tokio::join!(ruth.disconnect(), boas.disconnect());
}

/// A first token that lives a few seconds, none ahead of its end, and another once it is refused.
struct Forgetful {
    first: String,
    second: String,
    refused: Arc<AtomicU32>,
}

#[async_trait]
impl TokenProvider for Forgetful {
    async fn token(&self, reason: TokenReason) -> Result<Secret, TokenError> {
        match reason {
            TokenReason::SignIn => Ok(Secret::new(self.first.as_str())),
            TokenReason::Expiring => Err(TokenError::Unavailable),
            TokenReason::Refused => {
                self.refused.fetch_add(1, Ordering::SeqCst);
                Ok(Secret::new(self.second.as_str()))
            }
        }
    }
}

/// What a token says.
fn claims(token: &Secret) -> Value {
    let payload = token.expose().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

// S3: broken by not asking for another token when one is refused, or by joining with a waiting one.

#[tokio::test]
async fn race_s3_a_token_that_expires_while_it_rings() {
    let world = World::start().await;
    let ruth = signed_in(&world, "ruth", "r1").await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let expires = now.as_secs() + 6;
    let refused = Arc::new(AtomicU32::new(0));
    let tokens = Forgetful {
        first: world.token_until("boas", expires),
        second: world.token("boas"),
        refused: Arc::clone(&refused),
    };
    let (boas, mut shown) = phone(world.config("b1"), tokens).await;
    let call = ring(&ruth, &boas).await;
    // Valid until that second is over.
    let expired = UNIX_EPOCH + Duration::from_secs(expires + 1);
    let left = expired.duration_since(SystemTime::now());
    tokio::time::sleep(left.unwrap_or_default()).await;
    boas.accept(&call).await.unwrap();

    let token = timeout(PATIENCE, shown.recv()).await.unwrap().unwrap();
    let claims = claims(&token);
    assert_eq!(claims["video"]["canSubscribe"], true, "{claims}");
    assert!(claims["exp"].as_u64().unwrap() > expires + 60, "{claims}");
    assert!(refused.load(Ordering::SeqCst) > 0);
    let connecting = |event: &Event| matches!(event, Event::Connecting { .. }).then_some(());
    ruth.until_call(connecting).await;
    tokio::join!(ruth.disconnect(), boas.disconnect());
}
