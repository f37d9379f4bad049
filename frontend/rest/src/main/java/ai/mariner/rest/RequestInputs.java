package ai.mariner.rest;

import ai.mariner.core.message.InputPart;
import ai.mariner.net.NettyBody;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Turns bodies and query strings into the named inputs of a request. */
final class RequestInputs {
  private static final String BODY = "body";
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final String MULTIPART = "multipart/form-data";

  private RequestInputs() {}

  /**
   * Reads the inputs of a call.
   *
   * @param call its body goes over to the inputs
   * @param withQuery whether query parameters are inputs, too
   * @param typedFields whether fields of forms have the type that their part names. Handlers of
   *     models rely on getting the bytes of fields, whatever they say
   * @return inputs that the caller owns
   * @throws ai.mariner.core.error.ServeException if the body or query is malformed; nothing is
   *     owned by the caller then
   */
  static List<InputPart> of(Call call, boolean withQuery, boolean typedFields) {
    String query = call.target().query();
    if (!withQuery || query == null || query.isEmpty()) {
      return body(call, typedFields);
    }
    List<InputPart> parts = new ArrayList<>();
    for (FormFields.Field field : FormFields.parse(query, "query string")) {
      parts.add(part(field));
    }
    parts.addAll(body(call, typedFields));
    return parts;
  }

  private static List<InputPart> body(Call call, boolean typedFields) {
    String header = call.request().headers().get(HttpHeaderNames.CONTENT_TYPE);
    if (header == null) {
      return List.of(raw(call, null));
    }
    String type = mediaType(header);
    if (type.equalsIgnoreCase(FORM)) {
      return form(call);
    }
    if (type.toLowerCase(Locale.ROOT).equals(MULTIPART)) {
      String boundary = HeaderParameters.find(header, "boundary");
      if (boundary != null && !boundary.isEmpty()) {
        return MultipartParser.parse(call.body(), boundary, typedFields);
      }
    }
    return List.of(raw(call, type.isEmpty() ? null : type));
  }

  private static InputPart raw(Call call, @Nullable String type) {
    return new InputPart(BODY, type, NettyBody.owning(call.takeBody()));
  }

  /** {@code curl -d} says that every body is a form; what is none is just text. */
  private static List<InputPart> form(Call call) {
    ByteBuf body = call.body();
    if (!FormRule.isForm(body)) {
      return List.of(raw(call, "text/plain"));
    }
    List<InputPart> parts = new ArrayList<>();
    String text = body.toString(StandardCharsets.ISO_8859_1);
    for (FormFields.Field field : FormFields.parse(text, "form")) {
      parts.add(part(field));
    }
    return parts;
  }

  private static InputPart part(FormFields.Field field) {
    return new InputPart(field.name(), null, field.value());
  }

  /** A media type without its parameters. */
  static String mediaType(String header) {
    int semicolon = header.indexOf(';');
    return (semicolon < 0 ? header : header.substring(0, semicolon)).trim();
  }
}
