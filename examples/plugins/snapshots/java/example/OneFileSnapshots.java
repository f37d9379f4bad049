package example;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Properties;
import org.pytorch.serve.servingsdk.snapshot.Snapshot;
import org.pytorch.serve.servingsdk.snapshot.SnapshotSerializer;

/** Keeps the last snapshot, and only that, in the file {@code last.snapshot}. */
public class OneFileSnapshots implements SnapshotSerializer {
  private static final Path FILE = Path.of("last.snapshot");

  private final Gson gson = new Gson();

  @Override
  public void saveSnapshot(Snapshot snapshot, Properties config) throws IOException {
    Properties all = new Properties();
    all.putAll(config);
    all.setProperty("model_snapshot", gson.toJson(snapshot));
    Path fresh = Path.of(FILE + ".new");
    try (Writer writer = Files.newBufferedWriter(fresh)) {
      all.store(writer, null);
    }
    Files.move(fresh, FILE, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public Snapshot getSnapshot(String modelSnapshot) {
    return gson.fromJson(modelSnapshot, Snapshot.class);
  }

  @Override
  public Properties getLastSnapshot() {
    if (!Files.exists(FILE)) {
      return null;
    }
    Properties all = new Properties();
    try (Reader reader = Files.newBufferedReader(FILE)) {
      all.load(reader);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }
}
