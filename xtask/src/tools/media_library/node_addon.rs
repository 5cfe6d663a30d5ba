//! npm has LiveKit's media library as an addon of Node: the same library, with functions of Node's that only
//! Node itself brings.
//!
//! A small library of stand-ins for those takes the addon along, and is loaded in its place. They are never
//! called: the addon asks Node for something only when Node has loaded it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure::{Context, Result};
use crate::process;

/// What the addon expects of Node, each after `napi_`.
const OF_NODE: &[&str] = &[
    "add_env_cleanup_hook",
    "call_function",
    "call_threadsafe_function",
    "coerce_to_string",
    "create_arraybuffer",
    "create_bigint_words",
    "create_error",
    "create_external_arraybuffer",
    "create_function",
    "create_object",
    "create_promise",
    "create_reference",
    "create_string_utf8",
    "create_threadsafe_function",
    "create_typedarray",
    "define_class",
    "delete_reference",
    "fatal_exception",
    "get_and_clear_last_exception",
    "get_cb_info",
    "get_global",
    "get_named_property",
    "get_prototype",
    "get_reference_value",
    "get_typedarray_info",
    "get_undefined",
    "get_value_bigint_words",
    "get_value_bool",
    "get_value_string_utf8",
    "get_value_uint32",
    "is_error",
    "is_exception_pending",
    "reference_unref",
    "reject_deferred",
    "release_threadsafe_function",
    "remove_env_cleanup_hook",
    "resolve_deferred",
    "set_named_property",
    "strict_equals",
    "throw",
    "throw_error",
    "typeof",
    "unref_threadsafe_function",
    "unwrap",
    "wrap",
];

/// Makes `library` beside `addon`, so that loading it loads the addon.
pub(super) fn wrap(addon: &Path, library: &Path) -> Result {
    let folder = addon.parent().context("the addon lies in no folder")?;
    let addon = addon
        .file_name()
        .context("the addon has no name")?
        .to_string_lossy();
    let source = folder.join("of_node.c");
    let mut text = String::from("#include <stdlib.h>\n");
    for name in OF_NODE {
        // Writing to a String does not fail.
        let _ = writeln!(text, "void napi_{name}(void) {{ abort(); }}");
    }
    fs::write(&source, text).context(format_args!("{} cannot be written", source.display()))?;
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-o"])
        .arg(library)
        .arg(&source)
        .args([
            "-Wl,--no-as-needed",
            "-Wl,-rpath,$ORIGIN",
            &format!("-l:{addon}"),
            "-L",
        ])
        .arg(folder);
    process::output(&mut compiler).map(drop)
}
