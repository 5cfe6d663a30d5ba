//! Messages and their shapes from one source.

/// Defines `prost` messages, and in tests a `shapes()` that lists what was defined.
///
/// A field reads `label kind name: RustType = number;`, with the enumeration behind an `int32` in
/// parentheses after the number.
macro_rules! messages {
    ($(
        $(#[$meta:meta])*
        struct $message:ident as $proto:literal {
            $($label:ident $kind:ident $field:ident: $ty:ty = $tag:tt $(($enumeration:ident))?;)*
        }
    )*) => {
        $(
            #[derive(Clone, PartialEq, ::prost::Message)]
            $(#[$meta])*
            pub(in crate::room::livekit_ffi) struct $message {
                $(
                    #[prost($kind, $label, tag = $tag)]
                    pub(in crate::room::livekit_ffi) $field: $ty,
                )*
            }

            #[cfg(test)]
            impl $crate::room::livekit_ffi::proto::conformance::Named for $message {
                const NAME: &'static str = $proto;
            }
        )*

        #[cfg(test)]
        pub(super) fn shapes() -> Vec<$crate::room::livekit_ffi::proto::conformance::MessageShape> {
            use $crate::room::livekit_ffi::proto::conformance::{FieldShape, MessageShape, Named};
            vec![$(MessageShape {
                name: $proto,
                fields: vec![$(FieldShape {
                    name: stringify!($field),
                    number: $tag,
                    label: stringify!($label),
                    kind: stringify!($kind),
                    message: <$ty as Named>::NAME,
                    enumeration: None$(.or(Some($enumeration::NAME)))?,
                }),*],
            }),*]
        }
    };
}

/// Defines an enumeration, and in tests its name and values under `NAME` and `VALUES`.
macro_rules! enumeration {
    (
        $(#[$meta:meta])*
        enum $name:ident as $proto:literal {
            $($(#[$variant_meta:meta])* $variant:ident $value_name:literal = $number:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, ::prost::Enumeration)]
        #[repr(i32)]
        pub(in crate::room::livekit_ffi) enum $name {
            $($(#[$variant_meta])* $variant = $number,)*
        }

        #[cfg(test)]
        impl $name {
            pub(super) const NAME: &'static str = $proto;
            pub(super) const VALUES: &'static [(&'static str, i32)] = &[$(($value_name, $number)),*];
        }
    };
}
