//! What a simulated world costs: time by criterion, and before it a table of how many steps a
//! second it makes and what a call weighs in it. `cargo bench -p faithcall-sim`.

#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use allocation_counter::measure;
use criterion::{BatchSize, Criterion};
use faithcall_sim::{World, scene};

/// Scenes by chance for the table.
const SCENES: u64 = 300;

/// Pairs of members, each with one phone.
fn pairs(count: usize) -> World {
    let names = (0..count).flat_map(|pair| [format!("a{pair}"), format!("b{pair}")]);
    let builder = World::builder(1).timeline(false);
    let add = |builder: faithcall_sim::Builder, name: String| builder.device(&name, "phone");
    names.fold(builder, add).build()
}

/// Each pair is in a call.
fn all_talk(world: &mut World, count: usize) {
    for pair in 0..count {
        let (caller, callee) = (format!("a{pair}"), format!("b{pair}"));
        let call = world.call(&caller, &[&callee]);
        world.run_ms(500);
        world.accept(&callee, &call);
        world.run_ms(500);
    }
}

/// From the dialling to the hang-up, and until nothing is heard of it any more.
fn one_call(world: &mut World) {
    let call = world.call("a0", &["b0"]);
    world.run_ms(2_000);
    world.accept("b0", &call);
    world.run_ms(60_000);
    world.end("a0", &call);
    world.run_ms(60_000);
}

fn table() {
    let began = Instant::now();
    let worlds = (0..SCENES).map(|seed| scene::play(seed, false));
    let steps: u64 = worlds.map(|world| world.steps()).sum();
    let took = began.elapsed().as_secs_f64();
    let (scenes, each) = (SCENES as f64 / took, steps / SCENES);
    println!(
        "scenes by chance: {:.0} steps a second",
        steps as f64 / took
    );
    println!("                  {scenes:.0} scenes a second, {each} steps each");

    let mut world = pairs(1);
    let before = world.steps();
    one_call(&mut world);
    println!(
        "a call of two with two minutes: {} steps",
        world.steps() - before
    );

    println!("memory, in bytes            idle     with calls   a call");
    for count in [1, 10, 50] {
        let mut made = None;
        let idle = measure(|| made = Some(pairs(count)));
        let mut world = made.unwrap();
        let calls = measure(|| all_talk(&mut world, count));
        let idle = idle.bytes_current;
        let a_call = calls.bytes_current / i64::try_from(count).unwrap();
        let all = idle + calls.bytes_current;
        println!("{count:>3} pairs of phones {idle:>14} {all:>14} {a_call:>8}");
    }
}

fn time(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("world");
    group.bench_function("a call of two with two minutes", |bencher| {
        bencher.iter_batched_ref(|| pairs(1), one_call, BatchSize::SmallInput);
    });
    group.bench_function("two minutes of silence, ten phones", |bencher| {
        let silence = |world: &mut World| world.run_ms(120_000);
        bencher.iter_batched_ref(|| pairs(5), silence, BatchSize::SmallInput);
    });
    group.finish();
    let mut group = criterion.benchmark_group("scene");
    group.sample_size(20);
    group.bench_function("50 by chance", |bencher| {
        let play = || (0..50).for_each(|seed| drop(black_box(scene::play(seed, false))));
        bencher.iter(play);
    });
    group.finish();
}

fn main() {
    table();
    let mut criterion = Criterion::default().configure_from_args();
    time(&mut criterion);
    criterion.final_summary();
}
