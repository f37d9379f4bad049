package ai.mariner.server.logging;

import ai.mariner.server.metrics.MetricLine;
import java.util.Map;
import java.util.Objects;
import org.apache.logging.log4j.core.Layout;
import org.apache.logging.log4j.core.config.Node;
import org.apache.logging.log4j.core.config.plugins.Plugin;
import org.apache.logging.log4j.core.config.plugins.PluginFactory;
import org.jspecify.annotations.Nullable;

/**
 * Each metric as an entry of a query log, lines of {@code Name=value} that end with {@code EOE},
 * under the name that configurations for TorchServe have for it.
 */
@Plugin(
    name = "QLogLayout",
    category = Node.CATEGORY,
    elementType = Layout.ELEMENT_TYPE,
    printObject = true)
public final class MetricQueryLayout extends MetricLayout {
  private final String program;
  private final @Nullable String market;

  /**
   * A layout.
   *
   * @param environment {@code MXNETMODELSERVER_PROGRAM} is the program's name; entries name a
   *     market where {@code REALM} is set, and {@code DOMAIN} is part of it
   */
  MetricQueryLayout(Map<String, String> environment) {
    program =
        Objects.requireNonNull(given(environment, "MXNETMODELSERVER_PROGRAM", "MXNetModelServer"));
    String realm = given(environment, "REALM", null);
    market =
        realm == null
            ? null
            : program + ':' + given(environment, "DOMAIN", "Unknown") + ':' + realm;
  }

  /** Called by Log4j. */
  @PluginFactory
  public static MetricQueryLayout create() {
    return new MetricQueryLayout(System.getenv());
  }

  @Override
  String text(MetricLine metric) {
    StringBuilder text = new StringBuilder("HostName=").append(metric.hostname());
    if (metric.requestIds() != null) {
      text.append("\nRequestId=").append(metric.requestIds());
    }
    if (market != null) {
      text.append("\nMarketplace=").append(market);
    }
    text.append("\nStartTime=").append(metric.timestamp());
    text.append("\nProgram=").append(program);
    text.append("\nMetrics=").append(metric.name()).append('=').append(metric.value());
    text.append(' ').append(metric.unit());
    for (MetricLine.Dimension dimension : metric.dimensionList()) {
      text.append(' ').append(dimension.name()).append('|').append(dimension.value()).append(' ');
    }
    return text.append("\nEOE\n").toString();
  }

  private static @Nullable String given(
      Map<String, String> environment, String name, @Nullable String otherwise) {
    String value = environment.get(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }
}
