//! In which folder a technology may be named.

use super::code::{self, Word};

struct Wall {
    /// A word of Rust code: a crate's name or a keyword.
    word: &'static str,
    /// Where it counts; empty: everywhere.
    within: &'static str,
    /// Paths that begin so may use it.
    allowed: &'static [&'static str],
    because: &'static str,
}

const WALLS: &[Wall] = &[
    Wall {
        word: "rumqttc",
        within: "",
        allowed: &[
            "core/src/signaling/mqtt",
            "examples/backend/src/publish",
            "examples/desktop/src/demo/observer.rs",
            PART_A,
        ],
        because: "MQTT is spoken by the core's signaling/mqtt and the backend's publisher; the demo watches",
    },
    Wall {
        word: "reqwest",
        within: "",
        allowed: &["core/src/rest/http", "examples/backend/src/livekit", PART_A],
        because: "HTTP is asked by the core's rest/http and the backend's livekit",
    },
    Wall {
        word: "livekit",
        within: "",
        allowed: &["core/src/room/livekit/", "core/src/room/livekit.rs"],
        because: "the livekit crate is used by the core's room/livekit (a module of that name is written `self::livekit` or `crate::…`)",
    },
    Wall {
        word: "libloading",
        within: "",
        allowed: &["core/src/room/livekit_ffi"],
        because: "the media library is loaded by the core's room/livekit_ffi",
    },
    Wall {
        word: "rmqtt",
        within: "",
        allowed: &["examples/backend/src/broker"],
        because: "the embedded broker lives in the backend's broker",
    },
    Wall {
        word: "uniffi",
        within: "",
        allowed: &["bindings/"],
        because: "foreign languages are the bindings' business",
    },
    Wall {
        word: "async",
        within: "core/protocol/",
        allowed: &[],
        because: "the protocol crate is pure: what waits is the driver",
    },
];

const PART_A: &str = "xtask/part-a/";

/// One sentence for each word that is named outside its room.
///
/// `path` is relative to the workspace, with `/`. Tests may use what they like, except in the pure crate.
pub(super) fn breaches(path: &str, text: &str) -> Vec<String> {
    let walls: Vec<&Wall> = WALLS.iter().filter(|wall| wall.applies_to(path)).collect();
    if walls.is_empty() {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for word in code::words(text) {
        if let Some(wall) = walls
            .iter()
            .find(|wall| wall.word == word.text && wall.is_meant(&word))
        {
            breaches.push(format!(
                "{path}:{}: `{}`: {}",
                word.line, wall.word, wall.because
            ));
        }
    }
    breaches
}

impl Wall {
    fn applies_to(&self, path: &str) -> bool {
        let is_test = path.starts_with("testing/")
            || path.starts_with("tests/")
            || path.contains("/tests/")
            || path.ends_with("/tests.rs");
        path.starts_with(self.within)
            && !self.allowed.iter().any(|allowed| path.starts_with(allowed))
            && !(is_test && self.within.is_empty())
    }

    /// A crate is named where a path begins with it; a keyword anywhere.
    fn is_meant(&self, word: &Word<'_>) -> bool {
        self.word == "async" || (word.begins_path && (word.leads_path || word.imported))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_outside_its_room_is_found_with_its_line() {
        let found = breaches(
            "core/src/driver.rs",
            "//! rumqttc is not here\n\nuse rumqttc::Event;\n",
        );
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("core/src/driver.rs:3: `rumqttc`"),
            "{found:?}"
        );
        for code in [
            "use rumqttc;",
            "fn f(client: rumqttc::AsyncClient) {}",
            "use ::rumqttc::Event;",
            "extern crate rumqttc;",
            "use rumqttc as mqtt;",
            "use {std::fmt, rumqttc::Event};",
            "pub use rumqttc::*;",
        ] {
            assert_eq!(breaches("core/src/driver.rs", code).len(), 1, "{code}");
        }
    }

    #[test]
    fn each_room_may_use_its_own() {
        for (path, word) in [
            ("core/src/signaling/mqtt.rs", "rumqttc"),
            ("core/src/signaling/mqtt/connect.rs", "rumqttc"),
            ("examples/backend/src/publish/mqtt.rs", "rumqttc"),
            ("examples/backend/tests/wire/main.rs", "rumqttc"),
            ("testing/servers/src/admin.rs", "reqwest"),
            ("core/src/rest/http.rs", "reqwest"),
            ("examples/backend/src/livekit/twirp.rs", "reqwest"),
            ("core/src/room/livekit.rs", "livekit"),
            ("core/src/room/livekit/session.rs", "livekit"),
            ("core/src/room/livekit_ffi/library.rs", "libloading"),
        ] {
            assert_eq!(
                breaches(path, &format!("use {word}::X;")),
                Vec::<String>::new(),
                "{path}"
            );
            assert_eq!(
                breaches("core/src/client.rs", &format!("use {word}::X;")).len(),
                1,
                "{word}"
            );
        }
    }

    #[test]
    fn the_livekit_crate_is_not_the_ffi_engine_nor_a_module_of_its_name() {
        assert_eq!(
            breaches("core/src/room/livekit_ffi/mod.rs", "use livekit::Room;").len(),
            1
        );
        for code in [
            "mod livekit;",
            "pub use self::livekit::LiveKitEngine;",
            "use crate::livekit::LiveKit;",
            "use super::{livekit::LiveKit, rest};",
            "struct A { livekit: LiveKit }",
            "fn f(livekit: &LiveKit) { livekit.list() }",
        ] {
            assert_eq!(
                breaches("examples/backend/src/reaper.rs", code),
                Vec::<String>::new(),
                "{code}"
            );
        }
    }

    #[test]
    fn the_pure_crate_has_no_async_not_even_in_tests() {
        for path in [
            "core/protocol/src/machine/mod.rs",
            "core/protocol/tests/wire/main.rs",
        ] {
            assert_eq!(breaches(path, "pub async fn run() {}").len(), 1, "{path}");
        }
        assert_eq!(
            breaches("core/protocol/src/lib.rs", "/// No async here.\nfn f() {}"),
            Vec::<String>::new()
        );
    }
}
