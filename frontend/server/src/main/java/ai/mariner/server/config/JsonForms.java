package ai.mariner.server.config;

import ai.mariner.core.config.Profile;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Readers of JSON: as it is defined, and as TorchServe takes it. */
final class JsonForms {
  /** Strings and comments, to be left alone, then the words that Python writes. */
  private static final Pattern TOKEN =
      Pattern.compile(
          "\"(?:[^\"\\\\]|\\\\.)*+\"|'(?:[^'\\\\]|\\\\.)*+'|/\\*(?s:.*?)\\*/|//[^\n]*|#[^\n]*"
              + "|(?i)\\b(true|false|null)\\b");

  private JsonForms() {}

  /**
   * The JSON of a key; where people are used to it, also what TorchServe takes for JSON.
   *
   * @return {@code null}: it was reported
   */
  static @Nullable JsonNode read(String key, String text, Profile profile, Findings findings) {
    try {
      return strict().readTree(text);
    } catch (JsonProcessingException strict) {
      String expected = "JSON; " + strict.getOriginalMessage();
      if (profile.lenientModelsJson()) {
        try {
          JsonNode root = lenient().readTree(withPlainWords(text));
          String shown = Findings.shortened(text);
          findings.warning(key + ": " + shown + " is taken as JSON (expected: " + expected + ")");
          return root;
        } catch (JsonProcessingException stillNone) {
          // Said below.
        }
      }
      findings.malformed(key, text, expected);
      return null;
    }
  }

  /** JSON, without two members of one name. */
  static ObjectMapper strict() {
    return JsonMapper.builder()
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build();
  }

  /**
   * Also with comments, single quotes, names without quotes and commas at an end; of two members of
   * one name the last counts.
   */
  static ObjectMapper lenient() {
    return JsonMapper.builder()
        .enable(
            JsonReadFeature.ALLOW_JAVA_COMMENTS,
            JsonReadFeature.ALLOW_YAML_COMMENTS,
            JsonReadFeature.ALLOW_SINGLE_QUOTES,
            JsonReadFeature.ALLOW_UNQUOTED_FIELD_NAMES,
            JsonReadFeature.ALLOW_TRAILING_COMMA,
            JsonReadFeature.ALLOW_LEADING_ZEROS_FOR_NUMBERS)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build();
  }

  /** {@code True}, {@code FALSE} and the like in small letters, outside strings and comments. */
  static String withPlainWords(String text) {
    return TOKEN
        .matcher(text)
        .replaceAll(
            found -> {
              String word = found.group(1);
              return Matcher.quoteReplacement(
                  word == null ? found.group() : word.toLowerCase(Locale.ROOT));
            });
  }
}
