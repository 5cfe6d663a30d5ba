//! A server that is started, asked and stopped.

use faithcall_testing::{Grants, LiveKitOptions, LiveKitServer, ServerError};

#[tokio::test]
async fn a_started_server_makes_and_deletes_rooms() {
    let server = LiveKitServer::start(&LiveKitOptions::default())
        .await
        .unwrap();
    let admin = server.admin().unwrap();
    admin.create_room("r1").await.unwrap();
    assert_eq!(admin.list_rooms().await.unwrap(), ["r1"]);
    assert_eq!(admin.list_participants("r1").await.unwrap(), []);
    admin.delete_room("r1").await.unwrap();
    assert_eq!(admin.list_rooms().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn who_is_not_there_is_refused_by_name() {
    let server = LiveKitServer::start(&LiveKitOptions::default())
        .await
        .unwrap();
    let admin = server.admin().unwrap();
    admin.create_room("r1").await.unwrap();
    let refused = admin
        .set_permission("nobody", &Grants::full("r1"))
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, ServerError::Refused { code, .. } if code == "not_found"),
        "{refused}"
    );
}
