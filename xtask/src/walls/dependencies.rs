//! What a crate of the workspace may depend on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::failure::Result;
use crate::process;

/// Which kinds of dependency a wall looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// What is shipped: normal and build dependencies, and theirs.
    Shipped,
    /// Tests too.
    All,
}

struct Wall {
    package: &'static str,
    never: &'static [&'static str],
    reach: Reach,
    because: &'static str,
}

const WALLS: &[Wall] = &[
    Wall {
        package: "faithcall-protocol",
        never: &[
            "async-std",
            "axum",
            "getrandom",
            "hyper",
            "libloading",
            "livekit",
            "mio",
            "rand",
            "reqwest",
            "rmqtt",
            "rumqttc",
            "rustls",
            "socket2",
            "sqlx",
            "tokio",
            "uniffi",
            "uuid",
        ],
        reach: Reach::Shipped,
        because: "the protocol crate has no I/O, clock, randomness or async",
    },
    Wall {
        package: "faithcall-sim",
        never: &[
            "async-std",
            "axum",
            "faithcall",
            "faithcall-backend",
            "getrandom",
            "hyper",
            "libloading",
            "livekit",
            "mio",
            "rand",
            "reqwest",
            "rmqtt",
            "rumqttc",
            "rustls",
            "socket2",
            "sqlx",
            "tokio",
            "uniffi",
            "uuid",
        ],
        reach: Reach::Shipped,
        because: "the simulation is the pure crate in virtual time, and its chance comes from the seed alone",
    },
    Wall {
        package: "faithcall",
        never: &["axum", "faithcall-backend", "rmqtt", "sqlx", "uniffi"],
        reach: Reach::Shipped,
        because: "the core is a client, and knows neither the server nor the bindings",
    },
    Wall {
        package: "faithcall-backend",
        never: &["faithcall", "libloading", "livekit", "uniffi"],
        reach: Reach::All,
        because: "the backend shares the contract with the clients, never their code",
    },
];

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    to: String,
    only_for_tests: bool,
}

/// Packages by id, as `cargo metadata` resolves them.
#[derive(Default)]
pub(super) struct Graph {
    names: BTreeMap<String, String>,
    edges: BTreeMap<String, Vec<Edge>>,
}

impl Graph {
    /// The graph with the features that a default build has.
    pub(super) fn of_workspace() -> Result<Self> {
        let metadata = process::metadata(&[])?;
        Ok(Self::read(&metadata))
    }

    fn read(metadata: &Value) -> Self {
        let mut graph = Self::default();
        for package in list(metadata, "packages") {
            graph
                .names
                .insert(text(package, "id"), text(package, "name"));
        }
        for node in metadata
            .get("resolve")
            .map(|resolve| list(resolve, "nodes"))
            .unwrap_or_default()
        {
            let edges = list(node, "deps").iter().map(|dep| Edge {
                to: text(dep, "pkg"),
                only_for_tests: list(dep, "dep_kinds")
                    .iter()
                    .all(|kind| kind.get("kind").and_then(Value::as_str) == Some("dev")),
            });
            graph.edges.insert(text(node, "id"), edges.collect());
        }
        graph
    }

    fn id(&self, name: &str) -> Option<&String> {
        self.names
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(id, _)| id)
    }

    /// For each package that `from` reaches, the way there by names.
    fn reached(&self, from: &str, reach: Reach) -> BTreeMap<&str, String> {
        let mut ways = BTreeMap::new();
        let mut seen = BTreeSet::from([from]);
        let mut open = vec![(from, String::new())];
        while let Some((id, way)) = open.pop() {
            let way = format!("{way}{}", self.names.get(id).map_or(id, String::as_str));
            for edge in self.edges.get(id).into_iter().flatten() {
                // Only the package's own tests matter, not those of what it depends on.
                let wanted = !edge.only_for_tests || (reach == Reach::All && id == from);
                if wanted && seen.insert(&edge.to) {
                    open.push((&edge.to, format!("{way} → ")));
                }
            }
            if let Some(name) = self.names.get(id) {
                ways.insert(name.as_str(), way);
            }
        }
        ways
    }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn text(value: &Value, key: &str) -> String {
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// One sentence for each dependency that goes through a wall.
pub(super) fn breaches(graph: &Graph) -> Vec<String> {
    let mut breaches = Vec::new();
    for wall in WALLS {
        let Some(id) = graph.id(wall.package) else {
            breaches.push(format!(
                "{} is not in the workspace, and a wall is about it",
                wall.package
            ));
            continue;
        };
        let reached = graph.reached(id, wall.reach);
        for name in wall.never {
            if let Some(way) = reached.get(name) {
                breaches.push(format!("{way}: {}", wall.because));
            }
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A workspace whose packages have their names as ids; `edges` are (from, to, kind).
    fn workspace(edges: &[(&str, &str, Option<&str>)]) -> Graph {
        let mut names: BTreeSet<&str> = WALLS.iter().map(|wall| wall.package).collect();
        names.extend(edges.iter().flat_map(|(from, to, _)| [*from, *to]));
        let packages: Vec<Value> = names
            .iter()
            .map(|name| json!({ "id": name, "name": name }))
            .collect();
        let nodes: Vec<Value> = names
            .iter()
            .map(|name| {
                let deps: Vec<Value> = edges
                    .iter()
                    .filter(|(from, ..)| from == name)
                    .map(|(_, to, kind)| json!({ "pkg": to, "dep_kinds": [{ "kind": kind }] }))
                    .collect();
                json!({ "id": name, "deps": deps })
            })
            .collect();
        Graph::read(&json!({ "packages": packages, "resolve": { "nodes": nodes } }))
    }

    #[test]
    fn an_allowed_workspace_passes() {
        let graph = workspace(&[
            ("faithcall-protocol", "serde", None),
            ("faithcall-protocol", "proptest", Some("dev")),
            ("proptest", "rand", None),
            ("faithcall", "tokio", None),
            ("faithcall", "faithcall-protocol", None),
            ("faithcall-backend", "faithcall-protocol", None),
        ]);
        assert_eq!(breaches(&graph), Vec::<String>::new());
    }

    #[test]
    fn a_dependency_of_a_dependency_is_found() {
        let graph = workspace(&[
            ("faithcall-protocol", "harmless", None),
            ("harmless", "tokio", Some("build")),
        ]);
        let breaches = breaches(&graph);
        assert_eq!(breaches.len(), 1);
        assert!(
            breaches[0].starts_with("faithcall-protocol → harmless → tokio: "),
            "{breaches:?}"
        );
    }

    #[test]
    fn the_backend_may_not_use_the_core_even_in_tests() {
        let graph = workspace(&[("faithcall-backend", "faithcall", Some("dev"))]);
        assert_eq!(breaches(&graph).len(), 1);
    }

    #[test]
    fn a_wall_around_nothing_is_reported() {
        assert_eq!(breaches(&Graph::default()).len(), WALLS.len());
    }
}
