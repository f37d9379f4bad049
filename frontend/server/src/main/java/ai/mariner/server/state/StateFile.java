package ai.mariner.server.state;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes each new state to a file; whoever reads it sees a whole one. States that come faster than
 * they can be written are skipped, the latest is always written. Thread-safe.
 */
public final class StateFile {
  private static final Logger log = LoggerFactory.getLogger(StateFile.class);

  private final Path path;
  private final Executor executor;
  private final ObjectMapper mapper = new ObjectMapper();
  private final AtomicReference<@Nullable ServerState> pending = new AtomicReference<>();

  /**
   * A file that is not written yet.
   *
   * @param path the file; its folder exists
   * @param executor runs the writing; {@code Runnable::run} to write before {@link #update} returns
   */
  public StateFile(Path path, Executor executor) {
    this.path = path;
    this.executor = executor;
  }

  /** Writes a state soon, unless a later one comes first. Never throws because of the file. */
  public void update(ServerState state) {
    if (pending.getAndSet(state) != null) {
      return;
    }
    try {
      executor.execute(this::writePending);
    } catch (RejectedExecutionException e) {
      // The server is ending; its last states are still worth knowing.
      writePending();
    }
  }

  /** Writes a state before it returns; nothing older is written after it. */
  public void updateNow(ServerState state) {
    pending.set(state);
    writePending();
  }

  private synchronized void writePending() {
    ServerState state = pending.getAndSet(null);
    if (state == null) {
      return;
    }
    try {
      Path fresh = path.resolveSibling(path.getFileName() + ".new");
      Files.write(fresh, mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(json(state)));
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      log.warn("state file {} could not be written: {}", path, e.toString());
    }
  }

  private ObjectNode json(ServerState state) {
    ObjectNode root = mapper.createObjectNode();
    root.put("pid", state.pid());
    root.put("profile", word(state.profile()));
    root.put("phase", word(state.phase()));
    ObjectNode listeners = root.putObject("listeners");
    state.listeners().forEach(listeners::put);
    ArrayNode models = root.putArray("models");
    for (ServerState.Model model : state.models()) {
      models
          .addObject()
          .put("name", model.name())
          .put("version", model.version())
          .put("location", model.location())
          .put("state", word(model.progress()))
          .put("workers", model.workers())
          .put("wanted", model.wanted())
          .put("reason", model.reason());
    }
    ArrayNode problems = root.putArray("problems");
    state.problems().forEach(problems::add);
    return root;
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
