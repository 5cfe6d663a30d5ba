//! F1 of the catalogue of races: a client that is dropped, or signs out, while something of it is
//! under way, and one that is called from within what it calls itself. What breaks each is said
//! beside it.

use std::future::Future;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use faithcall::room::livekit_ffi::LiveKitFfi;
use faithcall::room::{Devices, SpeakerSink};
use faithcall::{
    CallState, CommandError, EndReason, Event, FixedToken, MediaSource, PushFields, Secret,
    TokenError, TokenProvider, TokenReason,
};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::devices::TestDevices;
use super::one_to_one::{ended, talk};
use super::world::{World, closed};
use crate::phone::{PATIENCE, Phone};

/// Signing out takes three seconds at most; the rest is a busy machine's.
const SIGNED_OUT: Duration = Duration::from_secs(6);

async fn within<T>(bound: Duration, what: impl Future<Output = T>) -> T {
    timeout(bound, what).await.expect("it takes too long")
}

// Broken by a loop that does not end with the client, or a room that outlives its loop.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn race_f1_a_client_that_is_dropped_in_a_call_signs_out() {
    let world = World::start().await;
    let (ruth, at_ruth) = world.phone("ruth", "r1", 500.0).await;
    let (boas, _) = world.phone("boas", "b1", 900.0).await;
    talk(&ruth, &boas).await;
    drop(ruth);
    let over = ended(&boas).await;
    assert_eq!(over.reason, EndReason::Normal);
    assert_eq!(over.by.unwrap().as_str(), "ruth");
    closed(&at_ruth).await;
    world.no_rooms().await;
    boas.disconnect().await;
}

// Broken by a command, or a reader of events, that nobody answers once the loop is over.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn race_f1_sign_out_answers_everybody_who_waits() {
    let world = World::start().await;
    let (ruth, at_ruth) = world.phone("ruth", "r1", 500.0).await;
    let (boas, _) = world.phone("boas", "b1", 900.0).await;
    let call = talk(&ruth, &boas).await;
    let ruth = Arc::new(ruth);
    let readers = [(); 2].map(|()| {
        let ruth = Arc::clone(&ruth);
        tokio::spawn(async move { while ruth.next_event().await.is_some() {} })
    });
    let talkers = [true, false].map(|first| {
        let (ruth, mut on) = (Arc::clone(&ruth), first);
        tokio::spawn(async move {
            while ruth.set_microphone(on).await != Err(CommandError::SignedOut) {
                on = !on;
                tokio::task::yield_now().await;
            }
        })
    });
    within(SIGNED_OUT, async {
        tokio::join!(ruth.disconnect(), ruth.disconnect());
        for task in readers.into_iter().chain(talkers) {
            task.await.unwrap();
        }
    })
    .await;
    assert_eq!(ruth.end(&call).await, Err(CommandError::SignedOut));
    assert!(ruth.handle_push(&PushFields::new()).is_err());
    closed(&at_ruth).await;
    ended(&boas).await;
    boas.disconnect().await;
}

/// A client that is told of itself once it is there.
type Itself = Arc<OnceLock<Arc<Phone>>>;

/// A speaker that asks and commands its client while it is given sound, and waits for the answer.
struct Talkative {
    client: Itself,
    runtime: Handle,
    answered: Mutex<Option<Result<(), RecvTimeoutError>>>,
    done: Notify,
}

impl SpeakerSink for Talkative {
    fn write(&self, _identity: &str, _samples: &[i16]) {
        let (Some(client), mut answered) = (self.client.get(), self.answered.lock().unwrap())
        else {
            return;
        };
        if answered.is_some() {
            return;
        }
        assert!(client.state().call.is_some());
        let (tell, told) = mpsc::channel();
        let (client, runtime) = (Arc::clone(client), self.runtime.clone());
        // Not on the runtime: what this thread spawned there could wait for this very thread.
        thread::spawn(move || {
            runtime.block_on(client.set_microphone(false)).unwrap();
            tell.send(()).unwrap();
        });
        *answered = Some(told.recv_timeout(PATIENCE));
        self.done.notify_one();
    }
}

// Broken by anything that is locked while sound is handed over.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn race_f1_a_speaker_may_call_the_client() {
    let world = World::start().await;
    let client = Itself::default();
    let speaker = Arc::new(Talkative {
        client: Arc::clone(&client),
        runtime: Handle::current(),
        answered: Mutex::default(),
        done: Notify::new(),
    });
    let devices = Devices {
        speaker: speaker.clone(),
        ..TestDevices::new(500.0).devices()
    };
    let engine = Arc::new(LiveKitFfi::new(None, devices).unwrap());
    let token = FixedToken::new(world.token("ruth"));
    let ruth = Arc::new(Phone::connect(world.config("r1"), token, engine).await);
    ruth.link_up().await;
    let (boas, _) = world.phone("boas", "b1", 900.0).await;
    let call = talk(&ruth, &boas).await;
    client.set(Arc::clone(&ruth)).ok().unwrap();
    within(2 * PATIENCE, speaker.done.notified()).await;
    assert_eq!(*speaker.answered.lock().unwrap(), Some(Ok(())));
    let muted = |event: &Event| match event {
        Event::PeerMediaChanged { source, on, .. } if *source == MediaSource::Microphone => {
            (!on).then_some(())
        }
        _ => None,
    };
    boas.until_call(muted).await;
    ruth.end(&call).await.unwrap();
    ended(&boas).await;
    within(SIGNED_OUT, ruth.disconnect()).await;
    boas.disconnect().await;
}

/// Signs its own client out when it is asked for another token.
struct Farewell {
    client: Itself,
    token: String,
    done: Arc<Notify>,
}

#[async_trait]
impl TokenProvider for Farewell {
    async fn token(&self, reason: TokenReason) -> Result<Secret, TokenError> {
        if reason == TokenReason::Expiring
            && let Some(client) = self.client.get()
        {
            assert!(client.state().call.is_some());
            client.disconnect().await;
            // Signed out it is, and not only given up on.
            let call = client.state().call.unwrap();
            assert!(
                matches!(call.state, CallState::Ended(_)),
                "{:?}",
                call.state
            );
            self.done.notify_one();
            return Err(TokenError::SignedOut);
        }
        Ok(Secret::new(self.token.as_str()))
    }
}

// Broken by a loop that waits for the provider.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn race_f1_a_token_provider_may_sign_its_client_out() {
    let world = World::start().await;
    let (client, done) = (Itself::default(), Arc::new(Notify::new()));
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let provider = Farewell {
        client: Arc::clone(&client),
        token: world.token_until("ruth", now.as_secs() + 12),
        done: Arc::clone(&done),
    };
    let devices = TestDevices::new(500.0);
    let engine = Arc::new(LiveKitFfi::new(None, devices.devices()).unwrap());
    let ruth = Arc::new(Phone::connect(world.config("r1"), provider, engine).await);
    ruth.link_up().await;
    let (boas, _) = world.phone("boas", "b1", 900.0).await;
    talk(&ruth, &boas).await;
    client.set(Arc::clone(&ruth)).ok().unwrap();
    within(Duration::from_secs(25), done.notified()).await;
    assert_eq!(ended(&boas).await.by.unwrap().as_str(), "ruth");
    closed(&devices).await;
    assert_eq!(
        ruth.set_microphone(true).await,
        Err(CommandError::SignedOut)
    );
    boas.disconnect().await;
}
