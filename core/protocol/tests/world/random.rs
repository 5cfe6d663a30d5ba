//! People who do anything at any time, over links that delay, repeat, reorder and lose: when it
//! is quiet again, everybody agrees.

use faithcall_protocol::machine::Command;
use proptest::prelude::*;

use crate::world::*;

#[derive(Debug, Clone, Copy)]
enum Deed {
    Call,
    Accept,
    Reject,
    Cancel,
    End,
    Mute(bool),
    Reconnect,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => Just(Deed::Call),
        5 => Just(Deed::Accept),
        1 => Just(Deed::Reject),
        1 => Just(Deed::Cancel),
        2 => Just(Deed::End),
        1 => any::<bool>().prop_map(Deed::Mute),
        1 => Just(Deed::Reconnect),
    ]
}

fn carry_out(world: &mut World, device: usize, deed: Deed, calls: &mut usize) {
    let current = world.devices[device]
        .view()
        .map_or_else(|| "none".to_owned(), |view| view.call_id.to_string());
    let command = match deed {
        Deed::Call => {
            *calls += 1;
            let callee = if device < BOB { "bob" } else { "alice" };
            call_command(&format!("c{calls}"), callee)
        }
        Deed::Accept => accept(&current),
        Deed::Reject => reject(&current),
        Deed::Cancel => cancel(&current),
        Deed::End => end(&current),
        Deed::Mute(on) => Command::SetMicrophone(!on),
        Deed::Reconnect => {
            world.disconnect(device);
            world.run(50);
            world.connect(device);
            return;
        }
    };
    world.act(device, command);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn when_messages_stop_everybody_agrees(
        seed in 1_u64..1_000_000,
        jitter in prop_oneof![Just(0_u64), Just(80), Just(2_500)],
        twice in any::<bool>(),
        lossy in any::<bool>(),
        pushes in any::<bool>(),
        deeds in prop::collection::vec((0_u64..4_000, 0_usize..4, deed()), 1..25),
    ) {
        let mut world = World::with_links(seed, |link| {
            link.jitter_ms = jitter;
            link.twice = twice;
            link.loses_one_in = if lossy { 8 } else { 0 };
        });
        world.pushes = pushes;
        let mut calls = 0;
        for (wait, device, deed) in deeds {
            world.run(wait);
            carry_out(&mut world, device, deed, &mut calls);
        }
        for device in 0..4 {
            world.devices[device].link.loses_one_in = 0;
        }
        world.run(180_000);
        world.check_agreement();
        world.check_once();
    }
}
