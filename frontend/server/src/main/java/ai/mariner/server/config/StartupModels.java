package ai.mariner.server.config;

import ai.mariner.core.config.ServerConfig.StartupModel;
import ai.mariner.core.message.NameRule;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The list of models to load at start, as {@code load_models} and {@code --models} give it. */
final class StartupModels {
  /** What an address or a path begins with, whatever equals signs come behind. */
  private static final Pattern PLACE = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*:/|\\.{0,2}/).*");

  /** Several models in one pair of quotes: {@code "a=a.mar b=b.mar"}. */
  private static final Pattern SEVERAL = Pattern.compile("\\S+\\s+[A-Za-z0-9_.-]+=\\S.*");

  private StartupModels() {}

  static Syntax<List<StartupModel>> syntax() {
    return new Syntax<>(
        "all, or [name=]location with commas between them; each is a word of its own on the command"
            + " line; a name has "
            + NameRule.EXPECTED,
        StartupModels::read);
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
    if (SEVERAL.matcher(entry).matches()) {
      throw new IllegalArgumentException(entry);
    }
    int equals = entry.indexOf('=');
    if (equals < 0 || PLACE.matcher(entry).matches()) {
      return new StartupModel(null, entry);
    }
    String name = entry.substring(0, equals).strip();
    String location = entry.substring(equals + 1).strip();
    if (!NameRule.allows(name) || location.isEmpty()) {
      throw new IllegalArgumentException(entry);
    }
    return new StartupModel(name, location);
  }
}
