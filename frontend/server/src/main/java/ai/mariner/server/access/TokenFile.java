package ai.mariner.server.access;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.config.Secret;
import ai.mariner.core.config.TokenConfig;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Tokens that the operator gives, in a file of TorchServe's form or in the configuration. */
public final class TokenFile {
  private static final Pattern TOKEN = Pattern.compile("[!-~]{8,1024}");
  private static final String EXPECTED_TOKEN =
      "8 to 1024 printable ASCII characters without a blank";
  private static final String EXPECTED_FILE =
      "{\"inference\": {\"key\": \"…\"}, \"management\": {\"key\": \"…\"}}; several keys stand in a"
          + " list";
  private static final List<TokenScope> SCOPES =
      List.of(TokenScope.INFERENCE, TokenScope.MANAGEMENT);

  private TokenFile() {}

  /**
   * All given tokens, at least one for each scope.
   *
   * @throws IOException naming key, file, reason and what was expected; no token is in its message
   */
  public static Map<TokenScope, List<String>> tokens(TokenConfig config) throws IOException {
    Map<TokenScope, List<String>> tokens = new EnumMap<>(TokenScope.class);
    Path file = config.file();
    JsonNode root = file == null ? null : root(file);
    for (TokenScope scope : SCOPES) {
      List<String> all = new ArrayList<>();
      String name = scope.name().toLowerCase(Locale.ROOT);
      Secret given = scope == TokenScope.INFERENCE ? config.inference() : config.management();
      if (given != null) {
        all.add(checked(name + "_token", given.text()));
      }
      if (file != null && root != null) {
        for (String key : keys(file, root.path(name).path("key"))) {
          all.add(checked("token_file: " + file + ": " + name, key));
        }
      }
      if (all.isEmpty()) {
        throw new IOException(
            name
                + "_token: none (expected: one, or token_file with one, as other tokens are"
                + " given)");
      }
      tokens.put(scope, List.copyOf(all));
    }
    return tokens;
  }

  private static JsonNode root(Path file) throws IOException {
    try {
      JsonNode root = new ObjectMapper().readTree(Files.readAllBytes(file));
      if (root != null && root.isObject()) {
        return root;
      }
    } catch (JsonProcessingException unreadable) {
      throw problem(file, "it is no JSON", null);
    } catch (NoSuchFileException e) {
      throw problem(file, "there is no such file", e);
    } catch (IOException e) {
      throw problem(file, "it can't be read: " + e, e);
    }
    throw problem(file, "it is no JSON object", null);
  }

  private static List<String> keys(Path file, JsonNode node) throws IOException {
    List<String> keys = new ArrayList<>();
    for (JsonNode entry : node.isArray() ? node : List.of(node)) {
      if (entry.isTextual()) {
        keys.add(entry.textValue());
      } else if (!entry.isMissingNode()) {
        throw problem(file, "a key is no text", null);
      }
    }
    return keys;
  }

  private static IOException problem(Path file, String reason, @Nullable Throwable cause) {
    return new IOException(
        "token_file: " + file + ": " + reason + " (expected: " + EXPECTED_FILE + ")", cause);
  }

  private static String checked(String where, String token) throws IOException {
    if (!TOKEN.matcher(token).matches()) {
      throw new IOException(where + ": *** (expected: " + EXPECTED_TOKEN + ")");
    }
    return token;
  }
}
