package ai.mariner.server.state;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes each new state to a file; whoever reads it sees a whole one. Thread-safe. */
public final class StateFile {
  private static final Logger log = LoggerFactory.getLogger(StateFile.class);

  private final Path path;
  private final ObjectMapper mapper = new ObjectMapper();

  /**
   * A file that is not written yet.
   *
   * @param path the file; its folder exists
   */
  public StateFile(Path path) {
    this.path = path;
  }

  /** Writes a state before it returns. Never throws because of the file. */
  public synchronized void write(ServerState state) {
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
    root.put("certificate", state.certificate());
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
