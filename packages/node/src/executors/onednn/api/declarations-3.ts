/**
 * @file The functions of oneDNN 3.x that are in use beside the shared ones, by their C declarations.
 */
import type { Declarations } from "./library.js";

/** By name. */
export const declarations = {
  dnnl_memory_desc_create_with_tag:
    "int dnnl_memory_desc_create_with_tag(_Out_ void** md, int ndims, void* dims, int type, int tag)",
  dnnl_memory_desc_create_with_strides:
    "int dnnl_memory_desc_create_with_strides(_Out_ void** md, int ndims, void* dims, int type, void* strides)",
  dnnl_memory_desc_create_submemory:
    "int dnnl_memory_desc_create_submemory(_Out_ void** md, void* parent, void* dims, void* offsets)",
  dnnl_memory_desc_permute_axes:
    "int dnnl_memory_desc_permute_axes(_Out_ void** md, void* from, void* permutation)",
  dnnl_memory_desc_clone: "int dnnl_memory_desc_clone(_Out_ void** md, void* from)",
  dnnl_memory_desc_destroy: "int dnnl_memory_desc_destroy(void* md)",
  dnnl_post_ops_append_eltwise:
    "int dnnl_post_ops_append_eltwise(void* post_ops, int alg, float alpha, float beta)",
  dnnl_post_ops_append_sum:
    "int dnnl_post_ops_append_sum(void* post_ops, float scale, int32_t zero_point, int type)",
  dnnl_concat_primitive_desc_create:
    "int dnnl_concat_primitive_desc_create(_Out_ void** pd, void* engine, void* dst_md, int n, int axis, void* src_mds, void* attr)",
  dnnl_binary_primitive_desc_create:
    "int dnnl_binary_primitive_desc_create(_Out_ void** pd, void* engine, int alg, void* a, void* b, void* dst, void* attr)",
  dnnl_eltwise_forward_primitive_desc_create:
    "int dnnl_eltwise_forward_primitive_desc_create(_Out_ void** pd, void* engine, int prop, int alg, void* src, void* dst, float alpha, float beta, void* attr)",
  dnnl_eltwise_backward_primitive_desc_create:
    "int dnnl_eltwise_backward_primitive_desc_create(_Out_ void** pd, void* engine, int alg, void* diff_src, void* diff_dst, void* data, float alpha, float beta, void* hint, void* attr)",
  dnnl_convolution_forward_primitive_desc_create:
    "int dnnl_convolution_forward_primitive_desc_create(_Out_ void** pd, void* engine, int prop, int alg, void* src, void* weights, void* bias, void* dst, void* strides, void* dilates, void* padding_l, void* padding_r, void* attr)",
  dnnl_convolution_backward_data_primitive_desc_create:
    "int dnnl_convolution_backward_data_primitive_desc_create(_Out_ void** pd, void* engine, int alg, void* diff_src, void* weights, void* diff_dst, void* strides, void* dilates, void* padding_l, void* padding_r, void* hint, void* attr)",
  dnnl_convolution_backward_weights_primitive_desc_create:
    "int dnnl_convolution_backward_weights_primitive_desc_create(_Out_ void** pd, void* engine, int alg, void* src, void* diff_weights, void* diff_bias, void* diff_dst, void* strides, void* dilates, void* padding_l, void* padding_r, void* hint, void* attr)",
  dnnl_pooling_forward_primitive_desc_create:
    "int dnnl_pooling_forward_primitive_desc_create(_Out_ void** pd, void* engine, int prop, int alg, void* src, void* dst, void* strides, void* kernel, void* dilation, void* padding_l, void* padding_r, void* attr)",
  dnnl_pooling_backward_primitive_desc_create:
    "int dnnl_pooling_backward_primitive_desc_create(_Out_ void** pd, void* engine, int alg, void* diff_src, void* diff_dst, void* strides, void* kernel, void* dilation, void* padding_l, void* padding_r, void* hint, void* attr)",
  dnnl_batch_normalization_forward_primitive_desc_create:
    "int dnnl_batch_normalization_forward_primitive_desc_create(_Out_ void** pd, void* engine, int prop, void* src, void* dst, float epsilon, uint flags, void* attr)",
  dnnl_batch_normalization_backward_primitive_desc_create:
    "int dnnl_batch_normalization_backward_primitive_desc_create(_Out_ void** pd, void* engine, int prop, void* diff_src, void* diff_dst, void* src, float epsilon, uint flags, void* hint, void* attr)",
  dnnl_matmul_primitive_desc_create:
    "int dnnl_matmul_primitive_desc_create(_Out_ void** pd, void* engine, void* src, void* weights, void* bias, void* dst, void* attr)",
  dnnl_softmax_forward_primitive_desc_create:
    "int dnnl_softmax_forward_primitive_desc_create(_Out_ void** pd, void* engine, int prop, int alg, void* src, void* dst, int axis, void* attr)",
  dnnl_reduction_primitive_desc_create:
    "int dnnl_reduction_primitive_desc_create(_Out_ void** pd, void* engine, int alg, void* src, void* dst, float p, float epsilon, void* attr)",
} as const satisfies Declarations;
