package ai.mariner.grpc;

import ai.mariner.core.message.ModelRef;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.health.v1.HealthCheckRequest;
import org.jspecify.annotations.Nullable;

/** The model that a request of any of the services names. */
final class CalledModel {
  private CalledModel() {}

  /** The model of a message as it reaches a call; absent: it names none. */
  static @Nullable ModelRef of(@Nullable Object message) {
    Object plain = message instanceof Received<?> received ? received.request() : message;
    if (plain instanceof HealthCheckRequest health) {
      return ModelRef.of(health.getService());
    }
    if (!(plain instanceof Message request)) {
      return null;
    }
    String prefix = "model_";
    String name = text(request, prefix + "name");
    if (name == null) {
      prefix = "";
      name = text(request, "name");
    }
    return name == null || name.isEmpty()
        ? null
        : new ModelRef(name, filled(text(request, prefix + "version")));
  }

  private static @Nullable String filled(@Nullable String text) {
    return text == null || text.isEmpty() ? null : text;
  }

  /** The text of a field; absent: the message has no such field. */
  private static @Nullable String text(Message message, String name) {
    FieldDescriptor field = message.getDescriptorForType().findFieldByName(name);
    return field == null || field.isRepeated() || field.getType() != FieldDescriptor.Type.STRING
        ? null
        : (String) message.getField(field);
  }
}
