"""A participant of a LiveKit room that takes and gives all that LiveKit lets it.

It knows nothing of calls and honours none of their rules: it subscribes to everything, again and again, publishes
a loud tone and a moving picture unmuted, and sends data on every way that there is.

Commands come on standard input, one JSON object a line:
    {"do": "join", "url": …, "token": …}    joins, once it is out of the room it was in
    {"do": "rejoin", "with": "first"}       joins again with the token of the first join
    {"do": "rejoin", "with": "refreshed"}   joins again with the newest token that LiveKit sent of its own accord
    {"do": "leave"}
The end of standard input ends the program.

Standard output says what happens, one JSON object a line, each with its "event"; tokens never. What comes from
somebody carries "from", that one's identity:
    ready                                   once everything is loaded; the first event
    joined {as}, refused {why}, permissions {can_subscribe}, token_refreshed, disconnected {reason}
    published {source}, not_published {source, why}
    subscribed {from, source}               LiveKit forwards that track from now on
    sound {from, level, hz}                 100 ms of it: level 0 to 1, and the loudest frequency
    picture {from}
    data {from, way}, attributes {from}
    broken {why}                            this program has a fault

The SDK is taken from the folder in FAITHCALL_LIVEKIT_PYTHON, else from FaithCall's cache folder.
"""

import asyncio
import json
import logging
import os
import sys
from argparse import ArgumentParser
from pathlib import Path


def packages() -> str:
    named = os.environ.get("FAITHCALL_LIVEKIT_PYTHON")
    if named:
        return named
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return str(cache / "faithcall" / f"livekit-python-1.2.1-{sys.implementation.cache_tag}")


sys.path.insert(0, packages())
try:
    import numpy
    from livekit import rtc
    from livekit.rtc._ffi_client import FfiClient
except ImportError as missing:
    sys.exit(f"LiveKit's Python SDK is not here ({missing}): `cargo xtask test` fetches it")

RATE = 48_000
WINDOW = RATE // 10
# Between two attempts at everything that can be attempted again.
AGAIN_S = 0.2
WIDTH, HEIGHT = 160, 120
SOURCES = {value: name.removeprefix("SOURCE_").lower() for name, value in rtc.TrackSource.items()}


def say(event: str, **fields) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


class Participant:
    """One stay in a room after the other, of one holder of tokens."""

    def __init__(self, tone_hz: int) -> None:
        self.tone_hz = tone_hz
        self.url = ""
        self.first = ""
        self.refreshed = ""
        self.room = None
        self.tasks = set()

    async def command(self, command: dict) -> None:
        match command["do"]:
            case "join":
                self.url, self.first = command["url"], command["token"]
                await self.join(self.first)
            case "rejoin":
                await self.join({"first": self.first, "refreshed": self.refreshed}[command["with"]])
            case "leave":
                await self.leave()

    def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.tasks.clear()

    async def leave(self) -> None:
        room, self.room = self.room, None
        self.stop()
        if room is not None:
            await room.disconnect()

    async def join(self, token: str) -> None:
        await self.leave()
        room = rtc.Room()
        self.listen(room)
        try:
            await room.connect(self.url, token, rtc.RoomOptions(auto_subscribe=True))
        except rtc.ConnectError as error:
            # The SDK names the URL, and that carries the token.
            say("refused", why=str(error).replace(token, "…"))
            return
        self.room = room
        say("joined", **{"as": room.local_participant.identity})
        for attack in (self.microphone, self.camera, self.packets, self.data_track, self.subscribe, self.attributes):
            self.run(attack(room))

    def run(self, work) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.ended)

    def ended(self, task: asyncio.Task) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            say("broken", why=repr(task.exception()))

    def listen(self, room: rtc.Room) -> None:
        def refreshed() -> None:
            # The SDK keeps it for its own next connection, and hands it out in no other way.
            self.refreshed = room._token
            say("token_refreshed")

        def subscribed(track, publication, someone) -> None:
            say("subscribed", **{"from": someone.identity, "source": SOURCES[publication.source]})
            if track.kind == rtc.TrackKind.KIND_AUDIO:
                self.run(hear(track, someone.identity))
            else:
                self.run(watch(track, someone.identity))

        def permitted(someone, permission) -> None:
            if someone is room.local_participant:
                say("permissions", can_subscribe=permission.can_subscribe)

        def data(packet) -> None:
            say("data", **{"from": packet.participant and packet.participant.identity, "way": packet.topic})

        room.on("token_refreshed", refreshed)
        room.on("track_subscribed", subscribed)
        room.on("participant_permissions_changed", permitted)
        room.on("data_received", data)
        room.on("data_track_published", lambda track: self.run(read(track)))
        room.on(
            "participant_attributes_changed",
            lambda _changed, someone: say("attributes", **{"from": someone.identity}),
        )
        def disconnected(reason) -> None:
            say("disconnected", reason=rtc.DisconnectReason.Name(reason))
            if room is self.room:
                self.stop()

        room.on("disconnected", disconnected)

    async def microphone(self, room: rtc.Room) -> None:
        source = rtc.AudioSource(RATE, 1, queue_size_ms=200)
        track = rtc.LocalAudioTrack.create_audio_track("tone", source)
        await publish(room, track, rtc.TrackSource.SOURCE_MICROPHONE)
        at = numpy.arange(RATE // 100)
        while True:
            tone = 0.5 * numpy.sin(2 * numpy.pi * self.tone_hz * at / RATE)
            samples = (tone * 32_767).astype(numpy.int16)
            await source.capture_frame(rtc.AudioFrame(samples.tobytes(), RATE, 1, len(samples)))
            at = at + len(samples)

    async def camera(self, room: rtc.Room) -> None:
        source = rtc.VideoSource(WIDTH, HEIGHT)
        track = rtc.LocalVideoTrack.create_video_track("picture", source)
        await publish(room, track, rtc.TrackSource.SOURCE_CAMERA)
        shade = 0
        while True:
            shade = (shade + 8) % 256
            picture = bytes([shade]) * (WIDTH * HEIGHT * 4)
            source.capture_frame(rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.RGBA, picture))
            await asyncio.sleep(0.1)

    async def packets(self, room: rtc.Room) -> None:
        while True:
            for reliable, way in ((True, "reliable"), (False, "lossy")):
                try:
                    await room.local_participant.publish_data(b"listen", reliable=reliable, topic=way)
                except rtc.participant.PublishDataError as error:
                    say("not_published", source=way, why=error.message)
            await asyncio.sleep(AGAIN_S)

    async def data_track(self, room: rtc.Room) -> None:
        track = None
        while track is None:
            try:
                track = await room.local_participant.publish_data_track(name="listen")
            except rtc.participant.PublishDataTrackError as error:
                say("not_published", source="data_track", why=error.message)
                await asyncio.sleep(AGAIN_S)
        say("published", source="data_track")
        while True:
            try:
                track.try_push(rtc.DataTrackFrame(b"listen"))
            except rtc.PushFrameError as error:
                say("not_published", source="data_track", why=error.message)
            await asyncio.sleep(AGAIN_S)

    async def subscribe(self, room: rtc.Room) -> None:
        while True:
            for someone in list(room.remote_participants.values()):
                for publication in list(someone.track_publications.values()):
                    if not publication.subscribed:
                        publication.set_subscribed(True)
            await asyncio.sleep(AGAIN_S)

    async def attributes(self, room: rtc.Room) -> None:
        attempt = 0
        while True:
            attempt += 1
            await room.local_participant.set_attributes({"listen": str(attempt)})
            await asyncio.sleep(AGAIN_S)


async def publish(room: rtc.Room, track, source) -> None:
    options = rtc.TrackPublishOptions()
    options.source = source
    while True:
        try:
            await room.local_participant.publish_track(track, options)
            break
        except rtc.participant.PublishTrackError as error:
            # The SDK has waited for an answer already.
            say("not_published", source=SOURCES[source], why=error.message)
    say("published", source=SOURCES[source])


async def hear(track, identity: str) -> None:
    window = numpy.zeros(0, dtype=numpy.int16)
    async for got in rtc.AudioStream(track, sample_rate=RATE, num_channels=1):
        window = numpy.concatenate([window, numpy.frombuffer(got.frame.data, dtype=numpy.int16)])
        if len(window) >= WINDOW:
            samples, window = window[:WINDOW] / 32_768, window[WINDOW:]
            loudest = int(numpy.argmax(numpy.abs(numpy.fft.rfft(samples)))) * RATE // WINDOW
            level = float(numpy.sqrt(numpy.mean(samples**2)))
            say("sound", **{"from": identity, "level": round(level, 4), "hz": loudest})


async def watch(track, identity: str) -> None:
    async for _ in rtc.VideoStream(track):
        say("picture", **{"from": identity})


async def read(track) -> None:
    try:
        async for _ in track.subscribe():
            say("data", **{"from": track.publisher_identity, "way": "data_track"})
    except rtc.SubscribeDataTrackError as error:
        say("not_subscribed", **{"from": track.publisher_identity, "why": error.message})


async def main() -> None:
    arguments = ArgumentParser(description="A LiveKit participant that honours no rule.")
    arguments.add_argument("--tone", type=int, default=440, help="the frequency that it publishes, in Hz")
    participant = Participant(arguments.parse_args().tone)
    # Loads the native library, which the first join would do else.
    _ = FfiClient.instance
    say("ready")
    while line := await asyncio.to_thread(sys.stdin.readline):
        await participant.command(json.loads(line))


if __name__ == "__main__":
    # What the SDK logs may name tokens.
    logging.disable()
    asyncio.run(main())
    # The native library is not made to be unloaded.
    os._exit(0)
