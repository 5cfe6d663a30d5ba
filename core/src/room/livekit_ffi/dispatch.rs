//! Which event of the library is whose.

use super::{
    abi::Functions,
    handle::Handle,
    library,
    proto::{FfiEvent, FfiRequest, FfiResponse, LogLevel, LogRecord, RoomEvent},
    stream::{AudioBuffer, VideoBuffer},
};
use crate::room::{RoomError, native::lock};
use prost::Message;
use std::{
    collections::HashMap,
    fmt,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, channel},
    },
    thread,
};
use tokio::sync::mpsc;

/// The library, loaded and listening; one a process.
pub(super) struct Ffi {
    functions: Functions,
    routes: Mutex<Routes>,
    next_id: AtomicU64,
    failed: AtomicBool,
}

/// What happened in a room, with the handle that it brings: dropped unread, it is given back.
#[derive(Debug)]
pub(super) struct RoomNews {
    pub(super) event: RoomEvent,
    pub(super) brings: Option<Handle>,
}

/// Called once with the event that answers a request.
type Answer = Box<dyn FnOnce(FfiEvent) + Send>;

#[derive(Default)]
struct Routes {
    answers: HashMap<u64, Answer>,
    rooms: HashMap<u64, mpsc::UnboundedSender<RoomNews>>,
    audio: HashMap<u64, mpsc::Sender<AudioBuffer>>,
    video: HashMap<u64, mpsc::Sender<VideoBuffer>>,
}

/// The first library that was loaded; every engine of the process uses it.
static LOADED: Mutex<Option<&'static Ffi>> = Mutex::new(None);

impl Ffi {
    /// Returns the process's library, and loads it where that was not done yet.
    pub(super) fn get(path: Option<&Path>) -> Result<&'static Self, RoomError> {
        let mut loaded = lock(&LOADED);
        if let Some(ffi) = *loaded {
            return Ok(ffi);
        }
        let path = library::find(path)?;
        let (inbox, events) = channel();
        let ffi: &'static Self = Box::leak(Box::new(Self {
            functions: Functions::load(&path, inbox)?,
            routes: Mutex::default(),
            next_id: AtomicU64::new(1),
            failed: AtomicBool::new(false),
        }));
        thread::Builder::new()
            .name("livekit-events".into())
            .spawn(move || ffi.run(&events))
            .map_err(|_| RoomError::Engine("start its event thread"))?;
        *loaded = Some(ffi);
        Ok(ffi)
    }

    /// Sends a request and returns the immediate answer. `doing` names it for the error.
    pub(super) fn request(
        &self,
        doing: &'static str,
        request: &FfiRequest,
    ) -> Result<FfiResponse, RoomError> {
        if self.failed.load(Ordering::Acquire) {
            return Err(RoomError::Engine(doing));
        }
        self.functions
            .request(&request.encode_to_vec())
            .and_then(|answer| FfiResponse::decode(&*answer).ok())
            .ok_or(RoomError::Engine(doing))
    }

    /// Sends the request that `make` builds with a fresh id; `answer` gets the event that names it.
    ///
    /// `answer` runs on the event thread and must not wait. Where the library fails inside, it is
    /// dropped without being called.
    pub(super) fn ask(
        &self,
        doing: &'static str,
        make: impl FnOnce(u64) -> FfiRequest,
        answer: impl FnOnce(FfiEvent) + Send + 'static,
    ) -> Result<(), RoomError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        lock(&self.routes).answers.insert(id, Box::new(answer));
        let sent = self.request(doing, &make(id));
        if sent.is_err() {
            lock(&self.routes).answers.remove(&id);
        }
        sent.map(drop)
    }

    /// Lets the events of a room go to a queue.
    pub(super) fn route_room(&self, room: u64) -> mpsc::UnboundedReceiver<RoomNews> {
        let (sender, receiver) = mpsc::unbounded_channel();
        lock(&self.routes).rooms.insert(room, sender);
        receiver
    }

    /// Lets the events of a room go nowhere; its queue ends.
    pub(super) fn unroute_room(&self, room: u64) {
        lock(&self.routes).rooms.remove(&room);
    }

    /// Lets the frames of an audio stream go to a queue; `None` stops it.
    pub(super) fn route_audio(&self, stream: u64, queue: Option<mpsc::Sender<AudioBuffer>>) {
        let routes = &mut lock(&self.routes).audio;
        drop(match queue {
            Some(queue) => routes.insert(stream, queue),
            None => routes.remove(&stream),
        });
    }

    /// Lets the pictures of a video stream go to a queue; `None` stops it.
    pub(super) fn route_video(&self, stream: u64, queue: Option<mpsc::Sender<VideoBuffer>>) {
        let routes = &mut lock(&self.routes).video;
        drop(match queue {
            Some(queue) => routes.insert(stream, queue),
            None => routes.remove(&stream),
        });
    }

    /// Hands out the events one after the other, as long as the process lives.
    fn run(&'static self, events: &Receiver<Vec<u8>>) {
        for bytes in events {
            match FfiEvent::decode(&*bytes) {
                Ok(event) => self.dispatch(event),
                Err(error) => tracing::warn!(%error, "an event of the media library is unreadable"),
            }
        }
    }

    /// Hands an event to whoever waits for it.
    fn dispatch(&'static self, mut event: FfiEvent) {
        if let Some(audio) = event.audio_stream_event.take() {
            let queue = lock(&self.routes).audio.get(&audio.stream_handle).cloned();
            if let Some(received) = audio.frame_received {
                offer(queue, AudioBuffer::new(self, received.frame));
            }
        } else if let Some(video) = event.video_stream_event.take() {
            let queue = lock(&self.routes).video.get(&video.stream_handle).cloned();
            if let Some(received) = video.frame_received {
                offer(queue, VideoBuffer::new(self, received.buffer));
            }
        } else if let Some(event) = event.room_event.take() {
            let queue = lock(&self.routes).rooms.get(&event.room_handle).cloned();
            let brings = Handle::brought_by(self, &event);
            let news = RoomNews { event, brings };
            if let Some(queue) = queue {
                // A session that has just ended reads no more; the handle is given back.
                let _ = queue.send(news);
            }
        } else if let Some(logs) = event.logs.take() {
            log(&logs.records);
        } else if let Some(panic) = event.panic.take() {
            self.fail(&panic.message);
        } else if let Some(id) = event.answers() {
            let answer = lock(&self.routes).answers.remove(&id);
            if let Some(answer) = answer {
                answer(event);
            }
        }
    }

    /// Ends every wait: the library said that it cannot go on.
    fn fail(&self, message: &str) {
        tracing::error!(
            message,
            "LiveKit's media library failed inside; calls need a restart"
        );
        self.failed.store(true, Ordering::Release);
        let routes = std::mem::take(&mut *lock(&self.routes));
        drop(routes);
    }

    /// Gives back what the library keeps under `id`; only [`Handle`] calls it.
    pub(super) fn drop_handle(&self, id: u64) {
        self.functions.drop_handle(id);
    }
}

/// Gives media to whoever plays it. Where nobody does any more, or too slowly, it goes back to the library unplayed.
fn offer<T>(queue: Option<mpsc::Sender<T>>, media: T) {
    if let Some(queue) = queue {
        let _ = queue.try_send(media);
    }
}

/// Logs where the library warned or failed; never its text, which may hold a token.
fn log(records: &[LogRecord]) {
    let is_warning = |record: &&LogRecord| record.level <= LogLevel::Warn as i32;
    for record in records.iter().filter(is_warning) {
        tracing::debug!(
            target = record.target,
            line = record.line,
            "media library warns"
        );
    }
}

impl fmt::Debug for Ffi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ffi").finish_non_exhaustive()
    }
}

impl FfiEvent {
    /// The request that this event answers.
    fn answers(&self) -> Option<u64> {
        (self.connect.as_ref().map(|answer| answer.async_id))
            .or_else(|| self.disconnect.as_ref().map(|answer| answer.async_id))
            .or_else(|| self.publish_track.as_ref().map(|answer| answer.async_id))
            .or_else(|| self.get_stats.as_ref().map(|answer| answer.async_id))
            .or_else(|| {
                self.simulate_scenario
                    .as_ref()
                    .map(|answer| answer.async_id)
            })
            .or_else(|| {
                self.get_session_stats
                    .as_ref()
                    .map(|answer| answer.async_id)
            })
    }
}
