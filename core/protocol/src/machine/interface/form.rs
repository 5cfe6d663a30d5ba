//! The JSON of an [`crate::machine::Input`] where it is not the one that its types have by themselves.
//!
//! Inputs are read and written, outputs and views only written: by traces and shared vectors, in
//! one form.

/// An answer's outcome: `"reply": …` or `"failure": …`.
pub(in crate::machine) mod outcome {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::machine::{Failure, Reply};

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Written<'a> {
        Reply(&'a Reply),
        Failure(&'a Failure),
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Read {
        Reply(Reply),
        Failure(Failure),
    }

    pub(in crate::machine) fn serialize<S: Serializer>(
        outcome: &Result<Reply, Failure>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match outcome {
            Ok(reply) => Written::Reply(reply),
            Err(failure) => Written::Failure(failure),
        }
        .serialize(serializer)
    }

    pub(in crate::machine) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Result<Reply, Failure>, D::Error> {
        Ok(match Read::deserialize(deserializer)? {
            Read::Reply(reply) => Ok(reply),
            Read::Failure(failure) => Err(failure),
        })
    }
}

/// A signal as on the wire; one that is not known, which the wire cannot say, has the type
/// `unknown`.
pub(in crate::machine) mod envelope {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::id::{CallId, Rev};
    use crate::signal::{Envelope, Signal};
    use crate::timestamp::Timestamp;

    #[derive(Serialize)]
    struct Unknown<'a> {
        r#type: &'static str,
        call_id: &'a CallId,
        timestamp: Timestamp,
        rev: Option<Rev>,
    }

    pub(in crate::machine) fn serialize<S: Serializer>(
        envelope: &Envelope,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        if envelope.signal != Signal::Unknown {
            return envelope.serialize(serializer);
        }
        Unknown {
            r#type: "unknown",
            call_id: &envelope.call_id,
            timestamp: envelope.timestamp,
            rev: envelope.rev,
        }
        .serialize(serializer)
    }

    pub(in crate::machine) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Box<Envelope>, D::Error> {
        Envelope::deserialize(deserializer).map(Box::new)
    }
}
