//! The task over an engine whose every step the test allows.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use faithcall_protocol::quality::{SAMPLE_MS, ServerWord, Statistics};

use super::*;
use crate::room::{Capabilities, Participant, RoomStats};

/// Notes what is asked, and waits at each step until it is let through.
struct Stub {
    log: Arc<Mutex<Vec<String>>>,
    gate: Arc<Semaphore>,
    silent_microphone: bool,
    refuses: bool,
    panics_at: Option<&'static str>,
    camera: Result<(), RoomError>,
    /// How often the room may answer what it has counted.
    counts: Semaphore,
    /// How many of these answers are an error, at first.
    miscounts: AtomicUsize,
}

struct StubRoom(Arc<Stub>);

struct StubEngine(Arc<Stub>);

impl Stub {
    async fn step(&self, what: &str) {
        self.log.lock().unwrap().push(what.to_owned());
        assert_ne!(self.panics_at, Some(what), "as the test wants it");
        self.gate.acquire().await.unwrap().forget();
    }
}

#[async_trait]
impl RoomEngine for StubEngine {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            silent_microphone: self.0.silent_microphone,
        }
    }

    async fn connect(
        &self,
        options: ConnectOptions,
        _events: RoomEvents,
    ) -> Result<Box<dyn RoomSession>, RoomError> {
        self.0.step(&format!("connect {}", options.url)).await;
        if self.0.refuses {
            return Err(RoomError::Unreachable);
        }
        Ok(Box::new(StubRoom(Arc::clone(&self.0))))
    }
}

#[async_trait]
impl RoomSession for StubRoom {
    async fn prepare_microphone(&self) -> Result<(), RoomError> {
        self.0.step("prepare").await;
        Ok(())
    }
    async fn set_microphone(&self, on: bool) -> Result<(), RoomError> {
        self.0.step(&format!("microphone {on}")).await;
        Ok(())
    }
    async fn set_camera(&self, on: bool) -> Result<(), RoomError> {
        self.0.step(&format!("camera {on}")).await;
        self.0.camera.clone()
    }
    fn set_playable(&self, identities: &[String]) {
        self.0
            .log
            .lock()
            .unwrap()
            .push(format!("play {identities:?}"));
    }
    fn set_video_quality(&self, quality: VideoQuality) {
        self.0.log.lock().unwrap().push(format!("send {quality:?}"));
    }
    async fn network_changed(&self) -> Result<(), RoomError> {
        self.0.step("new way").await;
        Ok(())
    }
    async fn stats(&self) -> Result<RoomStats, RoomError> {
        self.0.counts.acquire().await.unwrap().forget();
        let fewer = |left: usize| left.checked_sub(1);
        match self
            .0
            .miscounts
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer)
        {
            Ok(_) => Err(RoomError::Unreachable),
            Err(_) => Ok(RoomStats::default()),
        }
    }
    async fn leave(&self) {
        self.0.log.lock().unwrap().push("leave".to_owned());
    }
}

struct Bench {
    stub: Arc<Stub>,
    effects: mpsc::UnboundedSender<RoomEffect>,
    told: mpsc::UnboundedReceiver<(SessionId, RoomTold)>,
    task: tokio::task::JoinHandle<()>,
}

/// A task that has begun, with `steps` of its engine's steps allowed.
fn bench(steps: usize, camera: Result<(), RoomError>) -> Bench {
    start(stub(steps, camera))
}

fn stub(steps: usize, camera: Result<(), RoomError>) -> Stub {
    Stub {
        log: Arc::default(),
        gate: Arc::new(Semaphore::new(steps)),
        silent_microphone: true,
        refuses: false,
        panics_at: None,
        camera,
        counts: Semaphore::new(Semaphore::MAX_PERMITS),
        miscounts: AtomicUsize::new(0),
    }
}

fn start(stub: Stub) -> Bench {
    let stub = Arc::new(stub);
    let (effects, inbox) = mpsc::unbounded_channel();
    let (tell, told) = mpsc::unbounded_channel();
    let task = RoomTask {
        engine: Arc::new(StubEngine(Arc::clone(&stub))),
        session: SessionId(7),
        events: RoomEvents::channel().0,
        told: tell,
        inbox,
    };
    let task = tokio::spawn(task.run("ws://m".to_owned(), Secret::new("t")));
    Bench {
        stub,
        effects,
        told,
        task,
    }
}

impl Bench {
    fn send(&self, effect: RoomEffect) {
        self.effects.send(effect).unwrap();
    }

    async fn next(&mut self) -> RoomTold {
        self.told_in_a_minute().await.expect("nothing is told")
    }

    /// What is told next, if anything; paused time makes this minute pass at once.
    async fn told_in_a_minute(&mut self) -> Option<RoomTold> {
        let told = tokio::time::timeout(Duration::from_secs(60), self.told.recv());
        Some(told.await.ok()?.expect("the task is over").1)
    }

    fn log(&self) -> Vec<String> {
        self.stub.log.lock().unwrap().clone()
    }

    /// Waits for the task's end; paused time makes a task that hangs fail at once.
    async fn over(&mut self) {
        let over = tokio::time::timeout(Duration::from_secs(1), &mut self.task);
        over.await.expect("it does not leave").unwrap();
    }

    /// Lets the task run until it waits: paused time goes on only when nothing else does.
    async fn settle(&self) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn set(source: MediaSource, on: bool) -> RoomTold {
    RoomTold::Event(machine::RoomEvent::MediaSet { source, on })
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_of_a_source_is_carried_out_in_order_and_answered() {
    let mut bench = bench(9, Ok(()));
    bench.send(RoomEffect::PrepareMicrophone);
    for on in [true, false] {
        bench.send(RoomEffect::SetMicrophone(on));
        assert_eq!(bench.next().await, set(MediaSource::Microphone, on));
    }
    for on in [true, false] {
        bench.send(RoomEffect::SetCamera(on));
        assert_eq!(bench.next().await, set(MediaSource::Camera, on));
    }
    bench.send(RoomEffect::Leave);
    bench.over().await;
    let expected = [
        "connect ws://m",
        "prepare",
        "microphone true",
        "microphone false",
        "camera true",
        "camera false",
        "leave",
    ];
    assert_eq!(bench.log(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_mute_and_a_hold_wait_for_no_camera_and_no_new_way() {
    let bench = bench(1, Ok(()));
    bench.send(RoomEffect::SetCamera(true));
    bench.send(RoomEffect::NetworkChanged);
    bench.settle().await;
    bench.send(RoomEffect::SetMicrophone(false));
    bench.send(RoomEffect::SetCamera(false));
    bench.send(RoomEffect::SetPlayable(Vec::new()));
    bench.settle().await;
    let mut begun = bench.log();
    begun.sort();
    let expected = [
        "camera true",
        "connect ws://m",
        "microphone false",
        "new way",
        "play []",
    ];
    assert_eq!(begun, expected, "the camera's own order stays");
}

#[tokio::test(start_paused = true)]
async fn leaving_gives_up_a_connection_that_is_being_made() {
    let mut bench = bench(0, Ok(()));
    bench.settle().await;
    bench.send(RoomEffect::Leave);
    bench.over().await;
    assert_eq!(bench.log(), ["connect ws://m"]);
}

#[tokio::test(start_paused = true)]
async fn leaving_overtakes_whatever_waits() {
    let mut bench = bench(1, Ok(()));
    bench.send(RoomEffect::SetCamera(true));
    bench.send(RoomEffect::SetCamera(false));
    bench.settle().await;
    bench.send(RoomEffect::Leave);
    bench.over().await;
    assert_eq!(bench.log(), ["connect ws://m", "camera true", "leave"]);
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_has_gone_is_a_farewell() {
    let bench = bench(1, Ok(()));
    bench.settle().await;
    let Bench {
        stub,
        effects,
        task,
        ..
    } = bench;
    drop(effects);
    task.await.unwrap();
    assert_eq!(*stub.log.lock().unwrap(), ["connect ws://m", "leave"]);
}

#[tokio::test(start_paused = true)]
async fn a_room_that_is_not_entered_is_told_with_its_reason() {
    let mut bench = start(Stub {
        refuses: true,
        ..stub(1, Ok(()))
    });
    assert_eq!(bench.next().await, RoomTold::Failed(RoomError::Unreachable));
    assert_eq!(bench.next().await, RoomTold::NotEntered);
}

// Broken by ending without a word: the call stood there, in a room that nobody was in.
#[tokio::test(start_paused = true)]
async fn a_panic_of_the_engine_is_told_as_what_it_ends() {
    let mut bench = start(Stub {
        panics_at: Some("connect ws://m"),
        ..stub(9, Ok(()))
    });
    assert_eq!(bench.next().await, RoomTold::NotEntered);
    let mut bench = start(Stub {
        panics_at: Some("microphone true"),
        ..stub(9, Ok(()))
    });
    bench.send(RoomEffect::SetMicrophone(true));
    let lost = machine::RoomEvent::Disconnected {
        reason: machine::DisconnectReason::Lost,
    };
    assert_eq!(bench.next().await, RoomTold::Event(lost));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_may_not_be_used_is_named() {
    let denied = RoomError::Device(DeviceError::NotAllowed { device: "camera" });
    let mut bench = bench(9, Err(denied.clone()));
    bench.send(RoomEffect::SetCamera(true));
    let failed = machine::RoomEvent::MediaFailed {
        source: MediaSource::Camera,
        problem: MediaProblem::NotAllowed,
    };
    assert_eq!(bench.next().await, RoomTold::Event(failed));
    assert_eq!(bench.next().await, RoomTold::Failed(denied));
}

#[tokio::test(start_paused = true)]
async fn a_room_that_is_over_is_no_failure_of_a_device() {
    let mut bench = bench(9, Err(RoomError::Over));
    bench.send(RoomEffect::SetCamera(true));
    assert_eq!(bench.told_in_a_minute().await, None);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_cannot_be_silent_is_not_asked_to() {
    let mut bench = start(Stub {
        silent_microphone: false,
        ..stub(9, Ok(()))
    });
    bench.send(RoomEffect::PrepareMicrophone);
    bench.send(RoomEffect::SetMicrophone(true));
    assert_eq!(bench.next().await, set(MediaSource::Microphone, true));
    assert_eq!(bench.log(), ["connect ws://m", "microphone true"]);
}

#[tokio::test(start_paused = true)]
async fn statistics_come_every_two_seconds_while_they_are_wanted() {
    let mut bench = bench(9, Ok(()));
    bench.send(RoomEffect::WatchStatistics(true));
    let counted = RoomTold::Event(machine::RoomEvent::Statistics(Statistics::default()));
    assert_eq!(bench.next().await, counted);
    let began = tokio::time::Instant::now();
    for _ in 0..3 {
        assert_eq!(bench.next().await, counted);
    }
    assert_eq!(began.elapsed(), Duration::from_millis(3 * SAMPLE_MS));
    bench.send(RoomEffect::WatchStatistics(false));
    bench.send(RoomEffect::SetMicrophone(true));
    assert_eq!(bench.next().await, set(MediaSource::Microphone, true));
    assert_eq!(bench.told_in_a_minute().await, None);
}

#[tokio::test(start_paused = true)]
async fn statistics_that_come_when_they_are_wanted_no_more_are_not_told() {
    let mut bench = start(Stub {
        counts: Semaphore::new(0),
        ..stub(9, Ok(()))
    });
    bench.send(RoomEffect::WatchStatistics(true));
    bench.settle().await;
    bench.send(RoomEffect::WatchStatistics(false));
    bench.settle().await;
    bench.stub.counts.add_permits(1);
    assert_eq!(bench.told_in_a_minute().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_room_that_counts_slowly_or_wrongly_is_asked_again_and_not_more_often() {
    let mut bench = start(Stub {
        counts: Semaphore::new(0),
        miscounts: AtomicUsize::new(1),
        ..stub(9, Ok(()))
    });
    let counted = RoomTold::Event(machine::RoomEvent::Statistics(Statistics::default()));
    bench.send(RoomEffect::WatchStatistics(true));
    tokio::time::sleep(Duration::from_millis(4 * SAMPLE_MS)).await;
    bench.stub.counts.add_permits(9);
    assert_eq!(bench.next().await, counted);
    let began = tokio::time::Instant::now();
    assert_eq!(bench.next().await, counted);
    assert_eq!(began.elapsed(), Duration::from_millis(SAMPLE_MS));
}

#[tokio::test(start_paused = true)]
async fn a_picture_and_another_network_are_the_engines_business() {
    let mut bench = bench(9, Ok(()));
    bench.send(RoomEffect::SetPicture(Picture::Lowered));
    bench.send(RoomEffect::NetworkChanged);
    bench.settle().await;
    bench.send(RoomEffect::SetPicture(Picture::Full));
    bench.send(RoomEffect::SetCamera(true));
    assert_eq!(bench.next().await, set(MediaSource::Camera, true));
    let asked = [
        "connect ws://m",
        "send Lowered",
        "new way",
        "send Full",
        "camera true",
    ];
    assert_eq!(bench.log(), asked);
}

#[test]
fn a_muted_track_and_who_was_there_before_are_told_as_the_machine_knows_them() {
    let connected = RoomEvent::Connected {
        others: vec![Participant {
            identity: "boas".to_owned(),
            sid: "PA_1".to_owned(),
        }],
    };
    let identity = "boas".to_owned();
    let expected = [
        machine::RoomEvent::Connected,
        machine::RoomEvent::ParticipantJoined {
            identity,
            sid: Some("PA_1".to_owned()),
        },
    ];
    assert_eq!(inputs(connected), expected);
    let subscribed = |source| RoomEvent::TrackSubscribed {
        identity: "boas".to_owned(),
        source,
    };
    let heard = machine::RoomEvent::TrackSubscribed {
        identity: "boas".to_owned(),
        source: MediaSource::Microphone,
        muted: false,
    };
    assert_eq!(inputs(subscribed(TrackSource::Microphone)), [heard]);
    assert_eq!(inputs(subscribed(TrackSource::ScreenShare)), []);
    let (identity, word) = (None, ServerWord::Poor);
    let said = RoomEvent::ConnectionQuality {
        identity: identity.clone(),
        quality: word,
    };
    let known = machine::RoomEvent::Connection { identity, word };
    assert_eq!(inputs(said), [known]);
}

#[test]
fn what_others_send_and_why_a_stay_is_over_is_told_as_the_machine_knows_it() {
    use machine::DisconnectReason as Why;
    use machine::RoomEvent as Known;
    let identity = || "boas".to_owned();
    let muted = |muted| RoomEvent::TrackMuted {
        identity: identity(),
        source: TrackSource::Camera,
        muted,
    };
    for on in [true, false] {
        let known = Known::TrackMuted {
            identity: identity(),
            source: MediaSource::Camera,
            muted: on,
        };
        assert_eq!(inputs(muted(on)), [known]);
    }
    let identity = "boas".to_owned();
    let heard = RoomEvent::FirstAudio {
        identity: identity.clone(),
    };
    let known = Known::FirstAudio {
        identity: identity.clone(),
    };
    assert_eq!(inputs(heard), [known]);
    let seen = RoomEvent::FirstVideo {
        identity: identity.clone(),
    };
    assert_eq!(inputs(seen), [Known::FirstVideo { identity }]);
    for (reason, known) in [
        (DisconnectReason::DuplicateIdentity, Why::Removed),
        (DisconnectReason::Removed, Why::Removed),
        (DisconnectReason::RoomDeleted, Why::RoomDeleted),
        (DisconnectReason::ConnectionLost, Why::Lost),
        (DisconnectReason::ServerShutdown, Why::Lost),
    ] {
        let over = inputs(RoomEvent::Disconnected { reason });
        assert_eq!(over, [Known::Disconnected { reason: known }]);
    }
}
