package ai.mariner.server.config;

/** What setting a key brings about in this version. */
public enum Support {
  /** Does what it says. */
  HONOURED("yes"),
  /** Read by the commands or without meaning for this engine; setting it does no harm. */
  ACCEPTED("accepted, no effect on the server"),
  /** Refused when it is set to something other than its default, because it would be ignored. */
  LATER("not yet; refused unless it has its default");

  private final String words;

  Support(String words) {
    this.words = words;
  }

  /** For the reference page. */
  String words() {
    return words;
  }
}
