package ai.mariner.server.logging;

import ai.mariner.server.metrics.MetricLine;
import java.nio.charset.StandardCharsets;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.layout.AbstractStringLayout;
import org.apache.logging.log4j.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * Lines of a log of metrics in a form of their own. The loggers of metrics pass each as the
 * argument of their message; what other loggers say stands there as it is.
 */
abstract class MetricLayout extends AbstractStringLayout {
  MetricLayout() {
    super(StandardCharsets.UTF_8);
  }

  @Override
  public final String toSerializable(LogEvent event) {
    MetricLine metric = metric(event.getMessage());
    return metric == null ? event.getMessage().getFormattedMessage() + '\n' : text(metric);
  }

  /** The metric with the ends of its lines. */
  abstract String text(MetricLine metric);

  private static @Nullable MetricLine metric(Message message) {
    Object @Nullable [] arguments = message.getParameters();
    if (arguments == null || arguments.length != 1) {
      return null;
    }
    return arguments[0] instanceof MetricLine metric ? metric : null;
  }
}
