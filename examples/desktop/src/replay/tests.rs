use faithcall_protocol::id::CallId;
use faithcall_protocol::machine::{
    Answer, Command, Failure, Input, Machine, MachineConfig, RequestId,
};
use faithcall_protocol::media::CallType;
use faithcall_protocol::trace::{CUT_LINE, Recorder};

use super::*;

/// A call that is dialled and not made.
fn trace() -> Vec<String> {
    let (me, church, device) = ("ruth".parse(), "c".parse(), "r1".parse());
    let config = MachineConfig::new(me.unwrap(), church.unwrap(), device.unwrap(), 1);
    let (mut recorder, header) = Recorder::new(&config).unwrap();
    let mut machine = Machine::new(config);
    let mut lines = vec![header];
    let no_answer = Answer {
        result: Err(Failure::NoAnswer),
        faithcall_header: false,
        date: None,
    };
    let call = Command::StartCall {
        call_id: CallId::from_random(7),
        callees: vec!["boas".parse().unwrap()],
        call_type: CallType::Video,
    };
    for (at, input) in [
        (0, Input::SignedIn),
        (
            20,
            Input::Answer {
                id: RequestId(1),
                answer: no_answer,
            },
        ),
        (61_234, Input::Command(call)),
        (61_500, Input::Tick),
    ] {
        let outputs = machine.handle(at, input.clone());
        lines.push(recorder.step(at, &input, &outputs).unwrap());
    }
    lines
}

fn shown(lines: &[String]) -> (Result<bool, ReplayError>, String) {
    let mut screen = Screen {
        out: Vec::new(),
        colour: Colour::none(),
        enter: None::<io::Empty>,
    };
    let result = screen.play(lines);
    (result, String::from_utf8(screen.out).unwrap())
}

#[test]
fn each_input_has_its_time_and_each_output_a_line() {
    let (result, text) = shown(&trace());
    assert!(result.unwrap(), "{text}");
    for line in [
        "m1 on d1, by version",
        "    2      0.000  signed_in",
        "    3      0.020  answer #1 failure no_answer",
        "    4     61.234  command start_call c1 call_type=video callees=[m2]",
        "                    event outgoing c1 call_type=video callees=[m2]",
        "no difference: 4 inputs",
    ] {
        assert!(text.contains(line), "no {line:?} in\n{text}");
    }
    assert!(!text.contains('\x1b'), "colours outside a terminal");
}

#[test]
fn the_first_difference_is_shown_with_both_sides_and_the_replay_stops() {
    let mut lines = trace();
    let outgoing = r#"{"outgoing":{"call_id":"c1""#;
    lines[3] = lines[3].replace(outgoing, &outgoing.replace("c1", "c9"));
    let (result, text) = shown(&lines);
    assert!(!result.unwrap(), "{text}");
    for line in [
        "✗ line 4, output 2: not as recorded",
        "recorded:  event outgoing c9",
        "replayed:  event outgoing c1",
        "stopped here, 1 inputs before the end",
    ] {
        assert!(text.contains(line), "no {line:?} in\n{text}");
    }
    assert!(!text.contains("61.500"), "{text}");
}

#[test]
fn a_trace_that_was_cut_is_played_as_far_as_it_goes() {
    let mut lines = trace();
    lines.truncate(3);
    lines.push(CUT_LINE.to_owned());
    let (result, text) = shown(&lines);
    assert!(result.unwrap());
    assert!(
        text.contains("cut here") && text.contains("2 inputs"),
        "{text}"
    );
}

#[test]
fn a_file_that_is_no_trace_is_named_by_its_line() {
    assert!(matches!(shown(&[]).0, Err(ReplayError::Empty)));
    let error = shown(&["hello".to_owned()]).0.unwrap_err().to_string();
    assert!(error.starts_with("line 1: not a trace"), "{error}");
    let mut lines = trace();
    lines[2].truncate(30);
    let error = shown(&lines).0.unwrap_err().to_string();
    assert!(error.starts_with("line 3: not a step"), "{error}");
}

#[test]
fn one_step_at_a_time_waits_for_enter_after_each_input() {
    let mut screen = Screen {
        out: Vec::new(),
        colour: Colour::none(),
        enter: Some(&b"\n\n\n\nrest"[..]),
    };
    assert!(screen.play(&trace()).unwrap());
    assert_eq!(screen.enter.unwrap(), b"rest");
}
