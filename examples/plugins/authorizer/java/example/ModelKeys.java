package example;

import ai.mariner.sdk.Authorizer;
import ai.mariner.sdk.Call;
import ai.mariner.sdk.ListenerKind;
import ai.mariner.sdk.Verdict;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;

/**
 * Some models answer only to callers that send their key as {@code x-model-key}. The file {@code
 * model-keys.properties} has a line for each, {@code model=key}; it is read for every call, so that
 * a changed key holds at once.
 */
public class ModelKeys implements Authorizer {
  private static final Path FILE = Path.of("model-keys.properties");

  /** Refuses to be there without its file. */
  public ModelKeys() {
    if (!Files.isReadable(FILE)) {
      throw new IllegalStateException(FILE.toAbsolutePath() + " can't be read");
    }
  }

  @Override
  public Set<ListenerKind> listeners() {
    return Set.of(ListenerKind.INFERENCE);
  }

  @Override
  public Verdict authorize(Call call) throws IOException {
    Properties keys = new Properties();
    try (Reader reader = Files.newBufferedReader(FILE)) {
      keys.load(reader);
    }
    Optional<String> model = call.model();
    if (model.isEmpty() && call.route().equals("/invocations")) {
      return Verdict.refuse(400, "Name the model in the path or the query.");
    }
    String key = model.map(keys::getProperty).orElse(null);
    if (key == null) {
      return Verdict.allow();
    }
    Optional<String> given = call.header("x-model-key");
    if (given.isEmpty()) {
      return Verdict.refuse(401, "Model " + model.get() + " asks for x-model-key.");
    }
    return MessageDigest.isEqual(bytes(given.get()), bytes(key))
        ? Verdict.allow()
        : Verdict.refuse(403, "This is not the key of model " + model.get() + '.');
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
