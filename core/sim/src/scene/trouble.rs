//! What goes wrong at one time, and is put right some time later.

use super::Scene;

impl Scene {
    pub(super) fn trouble(&mut self) {
        let Some(name) = self.somebody() else {
            return;
        };
        let short = self.chance.below(4_000);
        let long = self.chance.below(40_000);
        let lasts = if self.chance.one_in(2) { short } else { long };
        let world = &mut self.world;
        match self.chance.below(18) {
            0 => world.cut(&name),
            1..4 => world.cut_signals(&name),
            4 => world.cut_requests(&name),
            5 => world.cut_room(&name),
            6..8 => return world.lose_room(&name),
            8..10 => {
                world.kill(&name);
                return world.after(lasts, move |world| world.start(&name));
            }
            10 => return world.stop(&name),
            11 => {
                world.kill_server();
                return world.after(short, |world| world.start_server());
            }
            12..14 => {
                world.kill_server_at_commit();
                return world.after(2 * short, |world| world.start_server());
            }
            14 => return world.restart_broker(short),
            15 => {
                world.refuse_rooms(true);
                return world.after(lasts, |world| world.refuse_rooms(false));
            }
            16 => {
                if self.chance.one_in(2) {
                    return world.restart_media();
                }
                return world.expire_token(&name, lasts);
            }
            _ => {
                if self.chance.one_in(2) {
                    return;
                }
                world.sign_out(&name);
                return world.after(lasts, move |world| world.start(&name));
            }
        }
        self.world.after(lasts, move |world| world.restore(&name));
    }
}
