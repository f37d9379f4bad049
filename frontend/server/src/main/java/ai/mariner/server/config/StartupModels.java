package ai.mariner.server.config;

import ai.mariner.core.config.ServerConfig.StartupModel;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The list of models to load at start, as {@code load_models} and {@code --models} give it. */
final class StartupModels {
  /** A name has no character of an address, so that {@code https://host/m.mar?key=1} has none. */
  private static final Pattern NAMED = Pattern.compile("([^=/:?\\s]+)\\s*=\\s*(\\S.*)");

  private StartupModels() {}

  static Syntax<List<StartupModel>> syntax() {
    return new Syntax<>("all, or [name=]location with commas between them", StartupModels::read);
  }

  private static List<StartupModel> read(String text) {
    if (text.equalsIgnoreCase("all")) {
      return List.of(StartupModel.ALL);
    }
    List<StartupModel> models = new ArrayList<>();
    for (String part : text.split(",")) {
      String entry = part.strip();
      if (!entry.isEmpty()) {
        models.add(readOne(entry));
      }
    }
    return List.copyOf(models);
  }

  private static StartupModel readOne(String entry) {
    Matcher named = NAMED.matcher(entry);
    if (named.matches()) {
      return new StartupModel(named.group(1), named.group(2));
    }
    if (entry.startsWith("=") || (entry.endsWith("=") && !entry.contains("/"))) {
      throw new IllegalArgumentException(entry);
    }
    return new StartupModel(null, entry);
  }
}
