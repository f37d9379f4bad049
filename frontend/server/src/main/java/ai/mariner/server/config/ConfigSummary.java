package ai.mariner.server.config;

import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.config.ServerConfig.StartupModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the server says of its configuration at start, under the labels that TorchServe's users look
 * for.
 */
public final class ConfigSummary {
  private static final String NONE = "N/A";

  private ConfigSummary() {}

  /**
   * One line for each fact.
   *
   * @param config configuration in force
   * @param folder working directory
   */
  public static List<String> lines(ServerConfig config, Path folder) {
    List<String> lines = new ArrayList<>();
    lines.add("Torchserve version: " + config.version());
    lines.add("Profile: " + config.profile().name().toLowerCase(Locale.ROOT));
    lines.add("TS Home: " + config.worker().serverHome());
    lines.add("Current directory: " + folder);
    lines.add("Temp directory: " + config.worker().runDirectory());
    lines.add("Number of GPUs: " + config.worker().gpuCount());
    lines.add("Python executable: " + config.worker().python());
    lines.add("Inference address: " + config.inference());
    lines.add("Management address: " + config.management());
    lines.add("Metrics address: " + orNone(config.metrics()));
    lines.add("Model Store: " + orNone(config.fetch().modelStore()));
    lines.add("Initial Models: " + models(config.startupModels()));
    lines.add("Netty threads: " + config.eventLoops());
    lines.add("Default workers per model: " + config.defaults().workers());
    lines.add("Blacklist Regex: " + orNone(joined(config.worker().hiddenEnvironment())));
    lines.add("Maximum Response Size: " + config.limits().maxResponseBytes());
    lines.add("Maximum Request Size: " + config.limits().maxRequestBytes());
    lines.add("Limit Maximum Image Pixels: " + config.worker().limitMaxImagePixels());
    lines.add(
        "Allowed Urls: " + config.fetch().allowedUrls().stream().map(Pattern::pattern).toList());
    lines.add("Enable metrics API: " + (config.metrics() != null));
    lines.add("Metrics mode: " + config.measures().mode().text());
    lines.add("Model API enabled: " + config.modelApi());
    lines.add("Token authorization enabled: " + config.tokenAuthorization());
    return lines;
  }

  private static String models(List<StartupModel> models) {
    return orNone(
        joined(
            models.stream()
                .map(model -> (model.name() == null ? "" : model.name() + "=") + model.location())
                .toList()));
  }

  private static @Nullable String joined(List<String> parts) {
    return parts.isEmpty() ? null : String.join(",", parts);
  }

  private static String orNone(@Nullable Object value) {
    return value == null ? NONE : value.toString();
  }
}
