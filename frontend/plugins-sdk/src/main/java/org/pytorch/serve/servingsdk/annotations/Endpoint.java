package org.pytorch.serve.servingsdk.annotations;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.pytorch.serve.servingsdk.annotations.helpers.EndpointTypes;

/** Says where an endpoint is served. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Endpoint {
  /** First word of the paths that lead to it, without slashes. */
  String urlPattern() default "";

  /** Listener that serves it. */
  EndpointTypes endpointType() default EndpointTypes.NONE;

  /** One line for the API description. */
  String description() default "";
}
