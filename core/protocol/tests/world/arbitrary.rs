//! People who do anything at any time, over bad links: when it is quiet again, everybody agrees.
//! A scene that fails is made as short as it can be.

use faithcall_protocol::id::CallId;
use faithcall_protocol::machine::OtherCall;
use faithcall_sim::{Link, World};
use proptest::prelude::*;

#[derive(Debug, Clone, Copy)]
enum Deed {
    Call,
    CallBoth,
    Accept,
    AcceptAndHold,
    Reject,
    RejectHere,
    Cancel,
    End,
    Invite,
    Leave,
    Hold,
    Resume,
    Swap,
    Rejoin,
    Microphone(bool),
    Camera(bool),
    LoseSignals,
    LoseRoom,
    Cut,
    Restore,
    Kill,
    Start,
    ServerDies,
    ServerStarts,
}

const MEMBERS: [&str; 3] = ["ann", "bob", "cyd"];
const DEVICES: [&str; 5] = [
    "ann/phone",
    "bob/phone",
    "bob/tablet",
    "cyd/phone",
    "cyd/tablet",
];

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        5 => Just(Deed::Call),
        1 => Just(Deed::CallBoth),
        6 => Just(Deed::Accept),
        1 => Just(Deed::AcceptAndHold),
        1 => Just(Deed::Reject),
        1 => Just(Deed::RejectHere),
        1 => Just(Deed::Cancel),
        2 => Just(Deed::End),
        1 => Just(Deed::Invite),
        1 => Just(Deed::Leave),
        1 => Just(Deed::Hold),
        1 => Just(Deed::Resume),
        1 => Just(Deed::Swap),
        2 => Just(Deed::Rejoin),
        1 => any::<bool>().prop_map(Deed::Microphone),
        1 => any::<bool>().prop_map(Deed::Camera),
        1 => Just(Deed::LoseSignals),
        1 => Just(Deed::LoseRoom),
        1 => Just(Deed::Cut),
        2 => Just(Deed::Restore),
        1 => Just(Deed::Kill),
        2 => Just(Deed::Start),
        1 => Just(Deed::ServerDies),
        2 => Just(Deed::ServerStarts),
    ]
}

/// Whatever makes no sense is refused, and changes nothing.
fn carry_out(world: &mut World, device: &str, deed: Deed) {
    let view = world.view(device);
    let none: CallId = "none".parse().unwrap();
    let shown = view.call.map_or(none, |call| call.call_id);
    let other = view.others.first().map(|call| call.call_id.clone());
    let other = other.unwrap_or_else(|| shown.clone());
    let own = device.split('/').next();
    let others = MEMBERS.into_iter().filter(|member| Some(*member) != own);
    let others: Vec<&str> = others.collect();
    match deed {
        Deed::Call => drop(world.call(device, &others[..1])),
        Deed::CallBoth => drop(world.video_call(device, &others)),
        Deed::Accept => world.accept(device, &shown),
        Deed::AcceptAndHold => world.accept_and(device, &other, OtherCall::Hold),
        Deed::Reject => world.reject(device, &other),
        Deed::RejectHere => world.reject_here(device, &shown),
        Deed::Cancel => world.cancel(device, &shown),
        Deed::End => world.end(device, &shown),
        Deed::Invite => world.invite(device, &shown, &others),
        Deed::Leave => world.leave(device, &shown),
        Deed::Hold => world.hold(device, &shown),
        Deed::Resume => world.resume(device, &shown),
        Deed::Swap => world.swap(device),
        Deed::Rejoin => {
            let offer = view.rejoinable.map(|offer| offer.call_id);
            world.rejoin(device, &offer.unwrap_or(shown));
        }
        Deed::Microphone(on) => world.microphone(device, on),
        Deed::Camera(on) => world.camera(device, on),
        Deed::LoseSignals => world.lose_signals(device, 3),
        Deed::LoseRoom => world.lose_room(device),
        Deed::Cut => world.cut(device),
        Deed::Restore => world.restore(device),
        Deed::Kill => world.kill(device),
        Deed::Start => world.start(device),
        Deed::ServerDies => world.kill_server_at_commit(),
        Deed::ServerStarts => world.start_server(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn when_messages_stop_everybody_agrees(
        seed in any::<u64>(),
        jitter_ms in prop_oneof![Just(0_u64), Just(80), Just(2_500)],
        repeats in prop_oneof![Just(0_u64), Just(1), Just(4)],
        loses in prop_oneof![Just(0_u64), Just(8)],
        (pushes, waiting) in any::<(bool, bool)>(),
        deeds in prop::collection::vec((0_u64..4_000, 0..DEVICES.len(), deed()), 1..25),
    ) {
        let links = Link {
            jitter_ms,
            repeats_signal_one_in: repeats,
            repeats_request_one_in: repeats,
            loses_request_one_in: loses,
            loses_answer_one_in: loses,
            ..Link::default()
        };
        let mut builder = World::builder(seed).links(links).pushes(pushes).call_waiting(waiting);
        for (member, device) in DEVICES.iter().filter_map(|name| name.split_once('/')) {
            builder = builder.device(member, device);
        }
        let mut world = builder.build();
        for (wait, device, deed) in deeds {
            world.run_ms(wait);
            carry_out(&mut world, DEVICES[device], deed);
        }
        world.heal();
        world.settle();
        world.check().unwrap();
    }
}
