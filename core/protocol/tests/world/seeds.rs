//! Scenes by chance, the first of those that `cargo xtask sim` plays.

use faithcall_sim::scene;

/// Enough for every row of the catalogue to happen in many of them.
const SEEDS: u64 = 500;

#[test]
fn scenes_by_chance_keep_every_invariant() {
    let mut races = std::collections::BTreeSet::new();
    for seed in 0..SEEDS {
        let world = scene::prove(seed).unwrap();
        races.extend(world.races().iter().copied());
    }
    let missed: Vec<_> = faithcall_sim::Race::ALL
        .into_iter()
        .filter(|race| !races.contains(race))
        .collect();
    assert_eq!(missed, [], "did not happen at all");
}
