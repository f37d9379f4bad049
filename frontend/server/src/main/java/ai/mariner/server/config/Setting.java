package ai.mariner.server.config;

import ai.mariner.core.config.Profile;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One row of the table of settings.
 *
 * @param section chapter of the reference page
 * @param key name in the configuration file
 * @param syntax how a text becomes a value
 * @param fallback what holds when nobody says
 * @param doc one line for the reference page
 * @param support what setting it brings about
 */
record Setting<T>(
    Section section, String key, Syntax<T> syntax, Fallback fallback, String doc, Support support) {

  /** Keys whose environment variable is not simply {@code TS_KEY}. */
  private static final Map<String, String> ODD_ENVIRONMENT_NAMES =
      Map.of(
          "token_expiration_min", "TS_TOKEN_EXPIRATION_TIME_MIN",
          "ts_open_inference_protocol", "TS_OPEN_INFERENCE_PROTOCOL",
          "ts_header_key_sequence_id", "TS_HEADER_KEY_SEQUENCE_ID",
          "ts_header_key_sequence_start", "TS_HEADER_KEY_SEQUENCE_START",
          "ts_header_key_sequence_end", "TS_HEADER_KEY_SEQUENCE_END");

  /** The environment variable that sets this key where the file allows it. */
  String environmentName() {
    String odd = ODD_ENVIRONMENT_NAMES.get(key);
    return odd != null ? odd : "TS_" + key.toUpperCase(Locale.ROOT);
  }

  /** Whether its value is for no eyes. */
  boolean isSecret() {
    return key.endsWith("_pass") || key.endsWith("_token");
  }

  /** The value when nobody says, or {@code null} if there is none or it is computed. */
  @Nullable T defaultValue(Profile profile) {
    String text = fallback.text(profile);
    return text == null ? null : syntax.read(text);
  }

  /**
   * What holds when nobody says.
   *
   * @param torchserve text under that profile; absent: none or computed
   * @param mariner text under that profile; absent: none or computed
   * @param words for the page where the texts don't say it
   */
  record Fallback(@Nullable String torchserve, @Nullable String mariner, @Nullable String words) {
    /** No value. */
    static final Fallback NONE = new Fallback(null, null, null);

    /** The same text in every profile. */
    static Fallback of(String text) {
      return new Fallback(text, text, null);
    }

    /** A value that is computed at start. */
    static Fallback computed(String words) {
      return new Fallback(null, null, words);
    }

    @Nullable String text(Profile profile) {
      return profile == Profile.TORCHSERVE ? torchserve : mariner;
    }
  }
}
