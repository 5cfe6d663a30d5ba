//! What one step of each machine costs: time by criterion, and before it a table of what a step
//! allocates and what a call weighs. `cargo bench -p faithcall-protocol`.

#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../tests/ledger/bench.rs"]
mod bench;
#[path = "../tests/ledger/invariants.rs"]
mod invariants;
#[path = "../tests/machine/kit/mod.rs"]
mod kit;

use std::hint::black_box;

use allocation_counter::measure;
use criterion::{BatchSize, Criterion};
use faithcall_protocol::ledger::{self, Call};
use faithcall_protocol::machine::{Input, Machine};

use bench::Bench;
use kit::Phone;

/// One input of a device, and the device before it.
struct DeviceStep {
    name: &'static str,
    machine: Machine,
    input: Input,
    now: u64,
}

/// The device as it is before what happens to it, and the input that this is.
fn device_step(
    name: &'static str,
    mut phone: Phone,
    happening: impl FnOnce(&mut Phone),
) -> DeviceStep {
    let (machine, now) = (phone.machine.clone(), phone.now);
    happening(&mut phone);
    DeviceStep {
        name,
        machine,
        input: phone.given().last().expect("an input").1.clone(),
        now,
    }
}

fn device_steps() -> Vec<DeviceStep> {
    let idle = Phone::part_b;
    let ringing = || Phone::ringing("c1");
    let active = || Phone::active("c1");
    vec![
        device_step("an invite rings", idle(), |phone| {
            phone.invite("c1", 45_000);
        }),
        device_step("the same invite again", ringing(), |phone| {
            phone.invite("c1", 45_000);
        }),
        device_step("the user accepts", ringing(), |phone| {
            phone.accept("c1");
        }),
        device_step("an update of an active call", active(), |phone| {
            phone.update(kit::incoming("c1").rev(4).active("phone"));
        }),
        device_step("an update that is known", active(), |phone| {
            phone.update(kit::incoming("c1").rev(3).active("phone"));
        }),
        device_step("nothing is due", active(), |phone| {
            phone.give(Input::Tick);
        }),
        device_step("the user hangs up", active(), |phone| {
            phone.end("c1");
        }),
    ]
}

/// One command of a call, and the call before it.
struct LedgerStep {
    name: &'static str,
    call: Call,
    command: ledger::Command,
    now: u64,
}

fn ledger_steps() -> Vec<LedgerStep> {
    let step = |name, bench: Bench, command| LedgerStep {
        name,
        call: bench.call,
        command,
        now: bench.now,
    };
    vec![
        step(
            "a device rings",
            Bench::ringing(),
            bench::ringing(bench::bob()),
        ),
        step("an accept", Bench::ringing(), bench::accept(bench::bob())),
        step(
            "an accept in a group",
            Bench::group(),
            bench::accept(bench::bob()),
        ),
        step("a GET", Bench::active(), bench::heard(bench::bob())),
        step(
            "a list with everybody",
            Bench::active(),
            bench::joined("bob"),
        ),
        step("an end", Bench::active(), bench::end(bench::alice())),
        step("nothing is due", Bench::active(), ledger::Command::Tick),
    ]
}

fn time(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("machine");
    for step in device_steps() {
        group.bench_function(step.name, |bencher| {
            bencher.iter_batched(
                || (step.machine.clone(), step.input.clone()),
                |(mut machine, input)| {
                    let outputs = machine.handle(step.now, input);
                    (machine, outputs)
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("ledger");
    for step in ledger_steps() {
        group.bench_function(step.name, |bencher| {
            bencher.iter_with_large_drop(|| {
                ledger::apply(black_box(&step.call), &step.command, step.now)
            });
        });
    }
    group.finish();
}

fn table() {
    println!("allocations of one step        made   bytes   kept");
    for step in device_steps() {
        let mut machine = step.machine.clone();
        let mut outputs = Vec::new();
        let cost = measure(|| outputs = machine.handle(step.now, step.input));
        row("machine", step.name, &cost);
    }
    for step in ledger_steps() {
        let mut result = None;
        let cost = measure(|| result = Some(ledger::apply(&step.call, &step.command, step.now)));
        row("ledger", step.name, &cost);
    }
    println!("memory of a value, in bytes (itself, and what it alone points to: ids are shared)");
    for (name, phone) in [
        ("a device, idle", Phone::part_b()),
        ("a device in a call", Phone::active("c1")),
    ] {
        weight(name, &phone.machine);
    }
    weight("a call of two", &Bench::active().call);
    weight("a call of four", &Bench::group().call);
}

fn row(of: &str, name: &str, cost: &allocation_counter::AllocationInfo) {
    println!(
        "{of:<8} {name:<28} {:>4} {:>7} {:>6}",
        cost.count_total, cost.bytes_total, cost.bytes_current
    );
}

fn weight<T: Clone>(name: &str, value: &T) {
    let mut copy = None;
    let cost = measure(|| copy = Some(value.clone()));
    println!(
        "{name:<28} {:>6} + {:>6}",
        size_of::<T>(),
        cost.bytes_current
    );
}

fn main() {
    table();
    let mut criterion = Criterion::default().configure_from_args();
    time(&mut criterion);
    criterion.final_summary();
}
