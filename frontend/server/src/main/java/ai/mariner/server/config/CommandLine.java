package ai.mariner.server.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of the server process.
 *
 * @param python interpreter of the workers
 * @param configFile configuration file
 * @param modelStore folder of archives
 * @param workflowStore folder of archives of workflows
 * @param pluginsPath folder of plugins
 * @param models models to load at start; absent: as the configuration says
 * @param apps applications to load at start; absent: as the configuration says
 * @param disableTokenAuthorization whether callers need no token
 * @param enableModelApi whether models can be registered by a call
 * @param allowInsecure whether listeners may be open to other machines without a token
 * @param serverHome folder that holds the {@code ts} package
 * @param stateFile file to keep the state in
 * @param runFolder folder in which the command keeps what it knows of this process; to be removed
 *     at the end
 * @param parent process whose end is this one's, and that removes the folders itself as long as it
 *     lives; absent: it became this process
 * @param scratch folder of that process's files; to be removed with the run folder
 * @param noSnapshots whether snapshots are neither written nor restored
 * @param showConfig whether to print the configuration as JSON instead of serving
 */
public record CommandLine(
    @Nullable Path python,
    @Nullable Path configFile,
    @Nullable Path modelStore,
    @Nullable Path workflowStore,
    @Nullable String pluginsPath,
    @Nullable List<String> models,
    @Nullable List<String> apps,
    boolean disableTokenAuthorization,
    boolean enableModelApi,
    boolean allowInsecure,
    @Nullable Path serverHome,
    @Nullable Path stateFile,
    @Nullable Path runFolder,
    @Nullable Long parent,
    @Nullable Path scratch,
    boolean noSnapshots,
    boolean showConfig) {

  /** Nothing given. */
  public static final CommandLine EMPTY =
      new CommandLine(
          null, null, null, null, null, null, null, false, false, false, null, null, null, null,
          null, false, false);

  private static final Map<String, String> SHORT_NAMES =
      Map.of(
          "-f", "--ts-config-file",
          "-e", "--python",
          "-m", "--models",
          "-s", "--model-store",
          "-ncs", "--no-config-snapshot",
          "-w", "--workflow-store",
          "-clog", "--cpp-log-config",
          "-dt", "--disable-token-auth",
          "-mapi", "--enable-model-api");

  /**
   * What the arguments mean.
   *
   * @param commandLine what could be read
   * @param problems one message for each bad argument; empty: all are good
   * @param repeated one message for each option that was given more than once; the last one counts
   */
  public record Parsed(CommandLine commandLine, List<String> problems, List<String> repeated) {}

  /** Reads arguments; never throws. */
  public static Parsed parse(List<String> arguments) {
    return new Reader(arguments).read();
  }

  private static final class Reader {
    private static final TreeSet<String> KNOWN =
        new TreeSet<>(
            List.of(
                "--python",
                "--ts-config-file",
                "--model-store",
                "--models",
                "--app",
                "--no-config-snapshot",
                "--disable-token-auth",
                "--enable-model-api",
                "--allow-insecure",
                "--server-home",
                "--state-file",
                "--run-folder",
                "--parent",
                "--scratch",
                "--show-config",
                "--workflow-store",
                "--plugins-path",
                "--cpp-log-config"));

    private final List<String> words = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private final List<String> repeated = new ArrayList<>();
    private final Set<String> seen = new HashSet<>();
    private int position;
    private @Nullable Path python;
    private @Nullable Path configFile;
    private @Nullable Path modelStore;
    private @Nullable Path workflowStore;
    private @Nullable String pluginsPath;
    private @Nullable List<String> models;
    private @Nullable List<String> apps;
    private boolean disableTokenAuthorization;
    private boolean enableModelApi;
    private boolean allowInsecure;
    private @Nullable Path serverHome;
    private @Nullable Path stateFile;
    private @Nullable Path runFolder;
    private @Nullable Long parent;
    private @Nullable Path scratch;
    private boolean noSnapshots;
    private boolean showConfig;

    Reader(List<String> arguments) {
      for (String argument : arguments) {
        int equals = argument.startsWith("--") ? argument.indexOf('=') : -1;
        if (equals > 0) {
          words.add(argument.substring(0, equals));
          words.add(argument.substring(equals + 1));
        } else {
          words.add(argument);
        }
      }
    }

    Parsed read() {
      while (position < words.size()) {
        String word = words.get(position++);
        option(SHORT_NAMES.getOrDefault(word, word));
      }
      return new Parsed(
          new CommandLine(
              python,
              configFile,
              modelStore,
              workflowStore,
              pluginsPath,
              models,
              apps,
              disableTokenAuthorization,
              enableModelApi,
              allowInsecure,
              serverHome,
              stateFile,
              runFolder,
              parent,
              scratch,
              noSnapshots,
              showConfig),
          List.copyOf(problems),
          List.copyOf(repeated));
    }

    private void option(String name) {
      if (KNOWN.contains(name) && !seen.add(name)) {
        repeated.add(name + ": given more than once (expected: once)");
      }
      switch (name) {
        case "--python" -> python = path(name);
        case "--ts-config-file" -> configFile = path(name);
        case "--model-store" -> modelStore = path(name);
        case "--workflow-store" -> workflowStore = path(name);
        case "--plugins-path" -> pluginsPath = value(name);
        case "--server-home" -> serverHome = path(name);
        case "--state-file" -> stateFile = path(name);
        case "--run-folder" -> runFolder = path(name);
        case "--parent" -> parent = process(name);
        case "--scratch" -> scratch = path(name);
        case "--models" -> models = values(name);
        case "--app" -> apps = values(name);
        case "--no-config-snapshot" -> noSnapshots = true;
        case "--disable-token-auth" -> disableTokenAuthorization = true;
        case "--enable-model-api" -> enableModelApi = true;
        case "--show-config" -> showConfig = true;
        case "--allow-insecure" -> allowInsecure = true;
        case "--cpp-log-config" -> {
          String given = value(name);
          if (given != null) {
            problems.add(name + ": " + given + " is not supported yet");
          }
        }
        default ->
            problems.add(
                "argument: "
                    + name
                    + " (expected: an option"
                    + NearestName.hint(name, KNOWN)
                    + ")");
      }
    }

    private @Nullable Path path(String name) {
      String text = value(name);
      if (text == null) {
        return null;
      }
      try {
        return Path.of(text);
      } catch (InvalidPathException e) {
        problems.add(name + ": " + text + " (expected: a path)");
        return null;
      }
    }

    private @Nullable Long process(String name) {
      String text = value(name);
      if (text == null) {
        return null;
      }
      try {
        return Long.parseLong(text);
      } catch (NumberFormatException e) {
        problems.add(name + ": " + text + " (expected: the id of a process)");
        return null;
      }
    }

    private @Nullable String value(String name) {
      List<String> values = atMost(name, 1);
      return values.isEmpty() ? null : values.get(0);
    }

    private List<String> values(String name) {
      return atMost(name, Integer.MAX_VALUE);
    }

    private List<String> atMost(String name, int most) {
      List<String> values = new ArrayList<>();
      while (values.size() < most && position < words.size() && isValue(words.get(position))) {
        values.add(words.get(position++));
      }
      if (values.isEmpty()) {
        problems.add(name + ": nothing (expected: a value)");
      }
      return List.copyOf(values);
    }

    private static boolean isValue(String word) {
      return !word.isEmpty() && !word.startsWith("-");
    }
  }
}
