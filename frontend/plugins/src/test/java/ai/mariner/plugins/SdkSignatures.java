package ai.mariner.plugins;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What jars that were compiled against a class may ask of it, as text. */
final class SdkSignatures {
  private static final String ROOT = "org.pytorch.serve.servingsdk.";
  private static final List<String> CLASSES =
      List.of(
          "Context",
          "Model",
          "ModelServerEndpoint",
          "ModelServerEndpointException",
          "Worker",
          "annotations.Endpoint",
          "annotations.helpers.EndpointTypes",
          "http.Request",
          "http.Response",
          "metrics.BaseDimension",
          "metrics.BaseMetric",
          "metrics.DimensionRegistry",
          "metrics.DimensionRegistry$LevelRegistry",
          "metrics.InbuiltMetricsRegistry",
          "metrics.MetricEventListener",
          "metrics.MetricEventListenerRegistry",
          "metrics.MetricEventPublisher",
          "metrics.MetricLogEvent",
          "metrics.MetricPluginException",
          "snapshot.Snapshot",
          "snapshot.SnapshotSerializer");

  private SdkSignatures() {}

  /** Prints what the class path's SDK has; with TorchServe's jar on it, the list of the test. */
  public static void main(String[] arguments) throws ReflectiveOperationException {
    lines().forEach(System.out::println);
  }

  static List<String> lines() throws ReflectiveOperationException {
    List<String> lines = new ArrayList<>();
    for (String name : CLASSES) {
      lines.addAll(lines(Class.forName(ROOT + name)));
    }
    return lines;
  }

  private static List<String> lines(Class<?> type) throws IllegalAccessException {
    List<String> lines = new ArrayList<>();
    for (Constructor<?> one : type.getConstructors()) {
      lines.add(one.toGenericString());
    }
    for (Method one : type.getDeclaredMethods()) {
      if (Modifier.isPublic(one.getModifiers())) {
        Object fallback = one.getDefaultValue();
        lines.add(one.toGenericString() + (fallback == null ? "" : " = \"" + fallback + '"'));
      }
    }
    for (Field one : type.getFields()) {
      boolean text = one.getType() == String.class;
      lines.add(one.toGenericString() + (text ? " = " + one.get(null) : ""));
    }
    lines.sort(null);
    lines.add(
        0,
        type.toGenericString()
            + " < "
            + type.getSuperclass()
            + ' '
            + Arrays.toString(type.getInterfaces()));
    return lines;
  }
}
