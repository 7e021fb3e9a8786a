/// Whether kept files are to be written anew instead of being compared: `TCPSTORY_BLESS` is set.
pub(crate) fn is_blessing() -> bool {
    std::env::var_os("TCPSTORY_BLESS").is_some_and(|value| !value.is_empty())
}
