package ai.mariner.server.logging;

import ai.mariner.server.metrics.MetricLine;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.apache.logging.log4j.core.Layout;
import org.apache.logging.log4j.core.config.Node;
import org.apache.logging.log4j.core.config.plugins.Plugin;
import org.apache.logging.log4j.core.config.plugins.PluginFactory;

/** Each metric as a JSON object, under the name that configurations for TorchServe have for it. */
@Plugin(
    name = "JSONPatternLayout",
    category = Node.CATEGORY,
    elementType = Layout.ELEMENT_TYPE,
    printObject = true)
public final class MetricJsonLayout extends MetricLayout {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final ObjectWriter WRITER = MAPPER.writer(printer());

  private MetricJsonLayout() {}

  /** Called by Log4j. */
  @PluginFactory
  public static MetricJsonLayout create() {
    return new MetricJsonLayout();
  }

  @Override
  String text(MetricLine metric) {
    ObjectNode object = MAPPER.createObjectNode();
    object.put("MetricName", metric.name());
    object.put("Value", metric.value());
    object.put("Unit", metric.unit());
    if (metric.type() != null) {
      object.put("Type", metric.type().name());
    }
    addDimensions(object, metric.dimensionList());
    object.put("Timestamp", metric.timestamp());
    if (metric.requestIds() != null) {
      object.put("RequestId", metric.requestIds());
    }
    object.put("HostName", metric.hostname());
    try {
      return WRITER.writeValueAsString(object) + '\n';
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain JSON nodes could not be written", e);
    }
  }

  /** Twice: as pairs, and as two lists. */
  private static void addDimensions(ObjectNode object, List<MetricLine.Dimension> dimensions) {
    ArrayNode pairs = object.putArray("Dimensions");
    ArrayNode names = object.putArray("DimensionNames");
    ArrayNode values = object.putArray("DimensionValues");
    for (MetricLine.Dimension dimension : dimensions) {
      pairs.addObject().put("Name", dimension.name()).put("Value", dimension.value());
      names.add(dimension.name());
      values.add(dimension.value());
    }
  }

  private static DefaultPrettyPrinter printer() {
    DefaultIndenter lines = new DefaultIndenter("  ", "\n");
    Separators separators =
        Separators.createDefaultInstance()
            .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
            .withArrayEmptySeparator("");
    return new DefaultPrettyPrinter(separators).withObjectIndenter(lines).withArrayIndenter(lines);
  }
}
