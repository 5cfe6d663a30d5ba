//! The C boundary. Of the crate's code only this is unsafe, and [`stream`](super::stream) where it reads the media that
//! the library keeps under a handle.
//!
//! The library keeps one callback for the whole process. It copies what it is given into a queue
//! and returns; a thread of [`dispatch`](super::dispatch) does the rest. So the library's threads
//! never wait for us.
#![allow(unsafe_code)]

use super::proto::{AudioFrameBufferInfo, ComponentInfo};
use crate::room::RoomError;
use libloading::Library;
use std::{
    ffi::{CStr, c_char},
    path::Path,
    ptr, slice,
    sync::{OnceLock, mpsc},
};

type OnEvent = unsafe extern "C" fn(data: *const u8, len: usize);
type Initialize = unsafe extern "C" fn(OnEvent, bool, *const c_char, *const c_char);
type Request = unsafe extern "C" fn(*const u8, usize, *mut *const u8, *mut usize) -> u64;
type DropHandle = unsafe extern "C" fn(u64) -> bool;

/// What the library answers where it could not answer.
const INVALID_HANDLE: u64 = 0;
/// The name under which the server knows this library; to a name that it does not know it offers less.
const SDK: &CStr = c"rust";
const SDK_VERSION: &CStr = c"1.2.1";

/// Where the callback puts the events.
static INBOX: OnceLock<mpsc::Sender<Vec<u8>>> = OnceLock::new();

/// The library's functions. It is never unloaded: its threads run until the process ends.
pub(super) struct Functions {
    request: Request,
    drop_handle: DropHandle,
}

impl Functions {
    /// Loads the library and lets its events go to `inbox`. Once a process.
    pub(super) fn load(path: &Path, inbox: mpsc::Sender<Vec<u8>>) -> Result<Self, RoomError> {
        let broken = |error: libloading::Error| RoomError::LibraryBroken {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        // SAFETY: loading runs the library's initialisers. The file is LiveKit's own, pinned by
        // version and checksum where it was fetched; its initialisers only set up its own state.
        let library = unsafe { Library::new(path) }.map_err(broken)?;
        // SAFETY: name and signature are those of `livekit-ffi/src/cabi.rs` in version 1.2.1.
        let initialize =
            *unsafe { library.get::<Initialize>(b"livekit_ffi_initialize") }.map_err(broken)?;
        // SAFETY: as above.
        let request = *unsafe { library.get::<Request>(b"livekit_ffi_request") }.map_err(broken)?;
        // SAFETY: as above.
        let drop_handle =
            *unsafe { library.get::<DropHandle>(b"livekit_ffi_drop_handle") }.map_err(broken)?;
        // The function pointers above stay valid because the library is not closed again.
        std::mem::forget(library);
        let _ = INBOX.set(inbox);
        // SAFETY: `on_event` is thread-safe, does not block and lives as long as the process; the
        // strings end in NUL and are copied. Log lines come as events, not to standard error.
        unsafe { initialize(on_event, true, SDK.as_ptr(), SDK_VERSION.as_ptr()) };
        Ok(Self {
            request,
            drop_handle,
        })
    }

    /// Sends one encoded request and returns the encoded answer; nothing where it was refused.
    pub(super) fn request(&self, request: &[u8]) -> Option<Vec<u8>> {
        let mut data: *const u8 = ptr::null();
        let mut len = 0;
        // SAFETY: the library reads `request` before it returns and writes the two out values,
        // which live on this stack. Addresses inside the request are valid by its maker's promise.
        let handle =
            unsafe { (self.request)(request.as_ptr(), request.len(), &mut data, &mut len) };
        if handle == INVALID_HANDLE {
            return None;
        }
        // SAFETY: a valid handle says that `data` has `len` bytes until the handle is dropped.
        let answer = unsafe { bytes(data, len) }.to_vec();
        self.drop_handle(handle);
        Some(answer)
    }

    /// Gives back what the library keeps under `handle`.
    pub(super) fn drop_handle(&self, handle: u64) {
        // SAFETY: the library takes any number and only warns of one that it does not know.
        unsafe { (self.drop_handle)(handle) };
    }
}

unsafe extern "C" fn on_event(data: *const u8, len: usize) {
    // SAFETY: the library's contract: `len` bytes, valid during this call.
    let event = unsafe { bytes(data, len) }.to_vec();
    if let Some(inbox) = INBOX.get() {
        // The receiver lives as long as the process.
        let _ = inbox.send(event);
    }
}

/// # Safety
/// `data` is null, or has `len` readable bytes that nobody writes to during `'a`.
unsafe fn bytes<'a>(data: *const u8, len: usize) -> &'a [u8] {
    if data.is_null() {
        return &[];
    }
    // SAFETY: by this function's own contract.
    unsafe { slice::from_raw_parts(data, len) }
}

/// Copies the samples of a frame.
///
/// # Safety
/// `info` came from the library, and the frame's handle has not been dropped.
pub(super) unsafe fn copy_samples(info: &AudioFrameBufferInfo) -> Vec<i16> {
    let data = info.data_ptr as usize as *const i16;
    let Some(len) = (info.num_channels as usize).checked_mul(info.samples_per_channel as usize)
    else {
        return Vec::new();
    };
    if data.is_null() || !data.is_aligned() {
        return Vec::new();
    }
    // SAFETY: by this function's own contract the library keeps `len` samples there.
    unsafe { slice::from_raw_parts(data, len) }.to_vec()
}

/// Appends one plane of a picture to `picture`, line by line, without the padding.
///
/// # Safety
/// `plane` came from the library, and the picture's handle has not been dropped.
pub(super) unsafe fn copy_plane(
    plane: &ComponentInfo,
    width: usize,
    height: usize,
    picture: &mut Vec<u8>,
) {
    let (stride, size) = (plane.stride as usize, plane.size as usize);
    let data = plane.data_ptr as usize as *const u8;
    // SAFETY: by this function's own contract the library keeps `size` bytes there.
    let all = unsafe { bytes(data, size) };
    for line in all.chunks(stride.max(1)).take(height) {
        picture.extend_from_slice(line.get(..width).unwrap_or(line));
    }
}
