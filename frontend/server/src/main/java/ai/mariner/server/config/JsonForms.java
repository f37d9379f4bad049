package ai.mariner.server.config;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Readers of JSON: as it is defined, and as TorchServe takes it. */
final class JsonForms {
  /** Strings and comments, to be left alone, then the words that Python writes. */
  private static final Pattern TOKEN =
      Pattern.compile(
          "\"(?:[^\"\\\\]|\\\\.)*+\"|'(?:[^'\\\\]|\\\\.)*+'|/\\*(?s:.*?)\\*/|//[^\n]*|#[^\n]*"
              + "|(?i)\\b(true|false|null)\\b");

  private JsonForms() {}

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
