//! The same scenarios for each wire format: what the provider writes differs, what the user sees
//! hardly does. A format is added by implementing [`wire::Wire`] and naming it in `every_format!`.

mod anthropic;
mod chat_completions;
mod gemini;
mod gemini_answers;
mod gemini_requests;
mod media;
mod responses;
mod responses_particulars;
mod scenarios;
mod wire;

/// Runs each scenario with each format, as a test of its own.
macro_rules! every_format {
    ($($format:ident: $wire:expr;)+) => {$(
        mod $format {
            use super::scenarios;

            fn wire() -> impl super::wire::Wire {
                $wire
            }

            every_format!(@scenarios
                text reasoning one_tool three_parallel_tools tool_error approval_round_trip
                reasoning_goes_back_with_its_call refusal length_stop context_too_long unauthorised
                rate_limited overloaded_twice_then_success error_event_in_mid_stream
                cut_in_mid_stream html_with_status_200 malformed_event unknown_event empty_stream
                byte_by_byte crlf large_event slow_past_the_deadline object object_failures any_split_gives_the_same_events
            );
        }
    )+};
    (@scenarios $($scenario:ident)+) => {$(
        #[test]
        fn $scenario() {
            scenarios::$scenario(&wire());
        }
    )+};
}

every_format! {
    anthropic_messages: super::anthropic::Anthropic;
    openai_compatible: super::chat_completions::ChatCompletions;
    openai: super::responses::Responses;
    google: super::gemini::Gemini;
}
