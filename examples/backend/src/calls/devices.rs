//! What members' devices registered, as far as calls go by it.

use faithcall_protocol::id::{ChurchId, DeviceId, MemberId};
use faithcall_protocol::rest::RegisterDevice;

use super::{Calls, Result};
use crate::clock::now_ms;

impl Calls {
    /// Registers a device of a member.
    pub(crate) async fn register(
        &self,
        church: &ChurchId,
        member: &MemberId,
        device: &DeviceId,
        registration: &RegisterDevice,
    ) -> Result<()> {
        let put = self
            .store
            .put_device(church, member, device, registration, now_ms());
        Ok(put.await?)
    }

    /// Forgets a device of a member.
    pub(crate) async fn unregister(
        &self,
        church: &ChurchId,
        member: &MemberId,
        device: &DeviceId,
    ) -> Result<()> {
        Ok(self.store.forget_device(church, member, device).await?)
    }

    /// Those of the members of whom some device can show a second call.
    pub(super) async fn with_call_waiting(
        &self,
        church: &ChurchId,
        members: &[MemberId],
    ) -> Result<Vec<MemberId>> {
        let mut with = Vec::new();
        for member in members {
            let devices = self.store.devices_of(church, member).await?;
            if devices.iter().any(|(_, device)| device.call_waiting) {
                with.push(member.clone());
            }
        }
        Ok(with)
    }

    /// The member's devices that a push reaches.
    pub(super) async fn reachable(
        &self,
        church: &ChurchId,
        member: &MemberId,
    ) -> Result<Vec<DeviceId>> {
        let devices = self.store.devices_of(church, member).await?;
        let reachable = devices
            .into_iter()
            .filter(|(_, device)| device.push_token.is_some());
        Ok(reachable.map(|(id, _)| id).collect())
    }
}
