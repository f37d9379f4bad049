package ai.mariner.server.config;

import ai.mariner.core.config.Profile;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The settings that somebody gave, after precedence and expansion: environment (where the file
 * allows it), then command line, then file.
 */
final class Values {
  private static final Pattern REFERENCE = Pattern.compile("\\$\\$([A-Za-z_][A-Za-z0-9_]*)\\$\\$");
  private static final String OPEN_INFERENCE_VARIABLE = "TS_OPEN_INFERENCE_PROTOCOL";
  private static final String OPEN_INFERENCE_ON = "oip";

  private final Settings settings;
  private final Profile profile;
  private final Findings findings;
  private final Map<String, Given> given = new LinkedHashMap<>();
  private final Map<String, Object> values = new HashMap<>();

  private Values(Settings settings, Profile profile, Findings findings) {
    this.settings = settings;
    this.profile = profile;
    this.findings = findings;
  }

  /** Collects what was given and reports everything that is wrong with it. */
  static Values gather(
      Settings settings,
      Profile profile,
      Findings findings,
      CommandLine commandLine,
      Map<String, String> environment,
      @Nullable PropertiesFile file) {
    Values result = new Values(settings, profile, findings);
    if (file != null) {
      result.takeFile(file, environment);
    }
    result.takeCommandLine(commandLine);
    result.takeEnvironment(environment);
    for (Setting<?> setting : settings.all()) {
      result.read(setting);
    }
    return result;
  }

  /** The given value, or {@code null} if there is none that can be read. */
  @SuppressWarnings("unchecked")
  <T> @Nullable T given(Setting<T> setting) {
    return (T) values.get(setting.key());
  }

  /** The given value, else the default, which the setting must have. */
  <T> T get(Setting<T> setting) {
    T value = given(setting);
    return value != null ? value : fallback(setting);
  }

  /** Whether the setting was given, readable or not. */
  boolean isGiven(Setting<?> setting) {
    return isGiven(setting.key());
  }

  /** Whether the key was given, readable or not. */
  boolean isGiven(String key) {
    return given.containsKey(key);
  }

  /** What was given for a key as it was written; empty: nothing. */
  String text(String key) {
    Given source = given.get(key);
    return source == null ? "" : source.text;
  }

  /**
   * What stands for a key in the file or on the command line, with references to the environment as
   * they are; absent: nothing, or the environment gives it.
   */
  @Nullable String written(String key) {
    Given source = given.get(key);
    return source == null ? null : source.written;
  }

  /** Who gave a key; absent: nobody, its default holds. */
  @Nullable String origin(String key) {
    Given source = given.get(key);
    return source == null ? null : source.origin;
  }

  /** Who gave a key, as messages end; empty: nobody. */
  String from(String key) {
    Given source = given.get(key);
    return source == null ? "" : source.from();
  }

  /** Reports a given value that turned out to be wrong in its context. */
  void malformed(Setting<?> setting, String expected) {
    Given source = given.get(setting.key());
    String text = source == null ? "(default)" : source.text;
    findings.problem(
        setting.key()
            + ": "
            + Findings.shortened(text)
            + " (expected: "
            + expected
            + ")"
            + (source == null ? "" : source.from()));
  }

  private <T> T fallback(Setting<T> setting) {
    T value = setting.defaultValue(profile);
    if (value == null) {
      throw new IllegalStateException(setting.key() + " has no default");
    }
    return value;
  }

  private void takeFile(PropertiesFile file, Map<String, String> environment) {
    String origin = file.path().toString();
    List<String> known = settings.all().stream().map(Setting::key).toList();
    for (String key : file.repeatedKeys()) {
      if (profile.unknownKeysFail()) {
        findings.problem(key + ": given more than once (expected: once) [" + origin + "]");
      } else {
        findings.warning(key + " stands more than once in " + origin + "; the last one counts");
      }
    }
    for (Map.Entry<String, String> entry : file.values().entrySet()) {
      if (settings.find(entry.getKey()) == null) {
        unknown(entry.getKey(), origin, known);
      } else {
        String text = expanded(entry.getKey(), entry.getValue(), environment);
        if (text != null) {
          given.put(entry.getKey(), new Given(text, origin, entry.getValue()));
        }
      }
    }
  }

  private void unknown(String key, String origin, List<String> known) {
    String hint = NearestName.hint(key, known);
    if (profile.unknownKeysFail()) {
      findings.problem(
          key + ": unknown key (expected: a configuration key" + hint + ") [" + origin + "]");
    } else {
      findings.warning(key + ": unknown key, ignored" + hint + " [" + origin + "]");
    }
  }

  private @Nullable String expanded(String key, String text, Map<String, String> environment) {
    Matcher references = REFERENCE.matcher(text);
    StringBuilder result = new StringBuilder();
    boolean whole = true;
    while (references.find()) {
      String variable = references.group(1);
      String value = environment.get(variable);
      if (value == null) {
        whole = false;
        findings.malformed(key, text, "environment variable " + variable + " is set");
      }
      references.appendReplacement(result, Matcher.quoteReplacement(value == null ? "" : value));
    }
    references.appendTail(result);
    return whole ? result.toString() : null;
  }

  private void takeCommandLine(CommandLine commandLine) {
    Path modelStore = commandLine.modelStore();
    if (modelStore != null) {
      given.put(
          settings.models.modelStore.key(), new Given(modelStore.toString(), "--model-store"));
    }
    Path workflowStore = commandLine.workflowStore();
    if (workflowStore != null) {
      given.put(
          settings.models.workflowStore.key(),
          new Given(workflowStore.toString(), "--workflow-store"));
    }
    String plugins = commandLine.pluginsPath();
    if (plugins != null) {
      given.put(settings.process.pluginsPath.key(), new Given(plugins, "--plugins-path"));
    }
    List<String> models = commandLine.models();
    if (models != null) {
      given.put(settings.models.loadModels.key(), new Given(String.join(",", models), "--models"));
    }
    List<String> apps = commandLine.apps();
    if (apps != null) {
      given.put(settings.models.loadApps.key(), new Given(String.join(",", apps), "--app"));
    }
    if (commandLine.enableModelApi()) {
      given.put(settings.access.enableModelApi.key(), new Given("true", "--enable-model-api"));
    }
    if (commandLine.disableTokenAuthorization()) {
      given.put(
          settings.access.disableTokenAuthorization.key(),
          new Given("true", "--disable-token-auth"));
    }
  }

  private void takeEnvironment(Map<String, String> environment) {
    boolean enabled = isOn(settings.access.enableEnvvarsConfig);
    boolean urlsEnabled = isOn(settings.access.useEnvAllowedUrls);
    for (Setting<?> setting : settings.all()) {
      String name = setting.environmentName();
      String text = environment.get(name);
      boolean isSwitch =
          setting.equals(settings.access.enableEnvvarsConfig)
              || setting.equals(settings.access.useEnvAllowedUrls);
      boolean counts =
          enabled && !isSwitch && (!setting.equals(settings.access.allowedUrls) || urlsEnabled);
      boolean always = name.equals(OPEN_INFERENCE_VARIABLE) && OPEN_INFERENCE_ON.equals(text);
      if (text != null && (counts || always)) {
        String value = always ? "true" : text.strip();
        given.put(setting.key(), new Given(value, "environment variable " + name, null));
      }
    }
  }

  /** Whether a switch that only the file has is on. */
  boolean isOn(Setting<Boolean> setting) {
    Given source = given.get(setting.key());
    return source != null && source.text.equalsIgnoreCase("true");
  }

  private <T> void read(Setting<T> setting) {
    Given source = given.get(setting.key());
    if (source == null) {
      return;
    }
    T fallback = setting.defaultValue(profile);
    if (source.text.isEmpty() && fallback == null) {
      given.remove(setting.key());
      return;
    }
    try {
      T value = setting.syntax().read(source.text);
      if (setting.support() == Support.LATER && !value.equals(fallback)) {
        notSupportedYet(setting, source);
      } else {
        values.put(setting.key(), value);
      }
    } catch (IllegalArgumentException e) {
      malformed(setting, setting.syntax().expected());
    }
  }

  private void notSupportedYet(Setting<?> setting, Given source) {
    findings.problem(
        setting.key()
            + ": "
            + Findings.shortened(source.text)
            + " is not supported yet"
            + source.from());
  }

  private record Given(String text, String origin, @Nullable String written) {
    Given(String text, String origin) {
      this(text, origin, text);
    }

    String from() {
      return " [" + origin + "]";
    }
  }
}
