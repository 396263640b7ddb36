/**
 * The shape of every object: which fields exist, of what type, and by which key lists are merged. Strict decoding and
 * strategic merge read it.
 *
 * One line a type: `field:type`. Types: s string, i integer, b boolean, q quantity, p port (integer or string), t time,
 * T time that is told even when it is none, y base64, * anything, {x} map of x, [x] list, [x|key] list merged by key, [x|] list of scalars merged as a set, else a name.
 * @models openapi of kube-apiserver 1.36 @fidelity partial: the types below; unknown parts of them are `*`
 */
export type FieldType =
  | { kind: 'string' | 'integer' | 'boolean' | 'quantity' | 'port' | 'time' | 'time or null' | 'bytes' | 'any' }
  | { kind: 'map'; of: FieldType }
  | { kind: 'list'; of: FieldType; mergeKey: string | null }
  | { kind: 'object'; name: string };

const TEXT = `
ObjectMeta name:s generateName:s namespace:s selfLink:s uid:s resourceVersion:s generation:i creationTimestamp:t deletionTimestamp:t deletionGracePeriodSeconds:i labels:{s} annotations:{s} ownerReferences:[OwnerReference|uid] finalizers:[s|] managedFields:[*]
OwnerReference apiVersion:s kind:s name:s uid:s controller:b blockOwnerDeletion:b
LabelSelector matchLabels:{s} matchExpressions:[LabelSelectorRequirement]
LabelSelectorRequirement key:s operator:s values:[s]
Pod spec:PodSpec status:*
PodTemplateSpec metadata:ObjectMeta spec:PodSpec
PodSpec volumes:[Volume|name] initContainers:[Container|name] containers:[Container|name] ephemeralContainers:[EphemeralContainer|name] restartPolicy:s terminationGracePeriodSeconds:i activeDeadlineSeconds:i dnsPolicy:s dnsConfig:* nodeSelector:{s} serviceAccountName:s serviceAccount:s automountServiceAccountToken:b nodeName:s hostNetwork:b hostPID:b hostIPC:b hostUsers:b shareProcessNamespace:b securityContext:PodSecurityContext imagePullSecrets:[LocalObjectReference|name] hostname:s subdomain:s affinity:* schedulerName:s tolerations:[Toleration] hostAliases:[HostAlias|ip] priorityClassName:s priority:i preemptionPolicy:s readinessGates:[*] runtimeClassName:s enableServiceLinks:b overhead:{q} topologySpreadConstraints:[*] setHostnameAsFQDN:b os:* schedulingGates:[Named|name] resourceClaims:[*] resources:ResourceRequirements hostnameOverride:s
Named name:s
HostAlias ip:s hostnames:[s]
LocalObjectReference name:s
Toleration key:s operator:s value:s effect:s tolerationSeconds:i
PodSecurityContext seLinuxOptions:* windowsOptions:* runAsUser:i runAsGroup:i runAsNonRoot:b supplementalGroups:[i] supplementalGroupsPolicy:s fsGroup:i sysctls:[*] fsGroupChangePolicy:s seccompProfile:SeccompProfile appArmorProfile:SeccompProfile seLinuxChangePolicy:s
SeccompProfile type:s localhostProfile:s
Container name:s image:s command:[s] args:[s] workingDir:s ports:[ContainerPort|containerPort] envFrom:[EnvFromSource] env:[EnvVar|name] resources:ResourceRequirements resizePolicy:[*] restartPolicy:s restartPolicyRules:[*] volumeMounts:[VolumeMount|mountPath] volumeDevices:[*] livenessProbe:Probe readinessProbe:Probe startupProbe:Probe lifecycle:Lifecycle terminationMessagePath:s terminationMessagePolicy:s imagePullPolicy:s securityContext:SecurityContext stdin:b stdinOnce:b tty:b
EphemeralContainer targetContainerName:s name:s image:s command:[s] args:[s] workingDir:s ports:[ContainerPort|containerPort] envFrom:[EnvFromSource] env:[EnvVar|name] resources:ResourceRequirements resizePolicy:[*] restartPolicy:s restartPolicyRules:[*] volumeMounts:[VolumeMount|mountPath] volumeDevices:[*] livenessProbe:Probe readinessProbe:Probe startupProbe:Probe lifecycle:Lifecycle terminationMessagePath:s terminationMessagePolicy:s imagePullPolicy:s securityContext:SecurityContext stdin:b stdinOnce:b tty:b
ContainerPort name:s hostPort:i containerPort:i protocol:s hostIP:s
EnvFromSource prefix:s configMapRef:OptionalReference secretRef:OptionalReference
OptionalReference name:s optional:b
EnvVar name:s value:s valueFrom:EnvVarSource
EnvVarSource fieldRef:ObjectFieldSelector resourceFieldRef:ResourceFieldSelector configMapKeyRef:KeySelector secretKeyRef:KeySelector fileKeyRef:*
ObjectFieldSelector apiVersion:s fieldPath:s
ResourceFieldSelector containerName:s resource:s divisor:q
KeySelector name:s key:s optional:b
ResourceRequirements limits:{q} requests:{q} claims:[*]
VolumeMount name:s readOnly:b recursiveReadOnly:s mountPath:s subPath:s mountPropagation:s subPathExpr:s
Probe exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction grpc:GRPCAction initialDelaySeconds:i timeoutSeconds:i periodSeconds:i successThreshold:i failureThreshold:i terminationGracePeriodSeconds:i
ExecAction command:[s]
HTTPGetAction path:s port:p host:s scheme:s httpHeaders:[HTTPHeader]
HTTPHeader name:s value:s
TCPSocketAction port:p host:s
GRPCAction port:i service:s
Lifecycle postStart:LifecycleHandler preStop:LifecycleHandler stopSignal:s
LifecycleHandler exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction sleep:SleepAction
SleepAction seconds:i
SecurityContext capabilities:Capabilities privileged:b seLinuxOptions:* windowsOptions:* runAsUser:i runAsGroup:i runAsNonRoot:b readOnlyRootFilesystem:b allowPrivilegeEscalation:b procMount:s seccompProfile:SeccompProfile appArmorProfile:SeccompProfile
Capabilities add:[s] drop:[s]
Volume name:s hostPath:HostPath emptyDir:EmptyDir secret:SecretVolume configMap:ConfigMapVolume downwardAPI:* projected:Projected persistentVolumeClaim:ClaimVolume nfs:* iscsi:* csi:* ephemeral:* image:* cephfs:* rbd:* glusterfs:* fc:* gitRepo:* awsElasticBlockStore:* gcePersistentDisk:* azureDisk:* azureFile:*
HostPath path:s type:s
EmptyDir medium:s sizeLimit:q
SecretVolume secretName:s items:[KeyToPath] defaultMode:i optional:b
ConfigMapVolume name:s items:[KeyToPath] defaultMode:i optional:b
KeyToPath key:s path:s mode:i
Projected sources:[*] defaultMode:i
Node spec:NodeSpec status:*
NodeSpec podCIDR:s podCIDRs:[s|] providerID:s unschedulable:b taints:[Taint|key] configSource:*
Taint key:s value:s effect:s timeAdded:t
Secret immutable:b data:{y} stringData:{s} type:s
ConfigMap immutable:b data:{s} binaryData:{y}
Event involvedObject:* reason:s message:s source:* firstTimestamp:T lastTimestamp:T count:i type:s eventTime:T series:* action:s related:* reportingComponent:s reportingInstance:s
EventV1 eventTime:T series:* reportingController:s reportingInstance:s action:s reason:s regarding:* related:* note:s type:s deprecatedSource:* deprecatedFirstTimestamp:T deprecatedLastTimestamp:T deprecatedCount:i
RuntimeClass handler:s overhead:RuntimeOverhead scheduling:RuntimeScheduling
RuntimeOverhead podFixed:{q}
RuntimeScheduling nodeSelector:{s} tolerations:[Toleration]
PriorityClass value:i globalDefault:b description:s preemptionPolicy:s
Namespace spec:* status:*
ServiceAccount secrets:[*|name] imagePullSecrets:[LocalObjectReference|name] automountServiceAccountToken:b
Lease spec:LeaseSpec
LeaseSpec holderIdentity:s leaseDurationSeconds:i acquireTime:t renewTime:t leaseTransitions:i strategy:s preferredHolder:s
Service spec:ServiceSpec status:*
ServiceSpec ports:[ServicePort|port] selector:{s} clusterIP:s clusterIPs:[s] type:s externalIPs:[s] sessionAffinity:s loadBalancerIP:s loadBalancerSourceRanges:[s] externalName:s externalTrafficPolicy:s healthCheckNodePort:i publishNotReadyAddresses:b sessionAffinityConfig:* ipFamilies:[s] ipFamilyPolicy:s allocateLoadBalancerNodePorts:b loadBalancerClass:s internalTrafficPolicy:s trafficDistribution:s
ServicePort name:s protocol:s appProtocol:s port:i targetPort:p nodePort:i
EndpointSlice addressType:s endpoints:[*] ports:[*]
Endpoints subsets:[EndpointSubset]
EndpointSubset addresses:[EndpointAddress] notReadyAddresses:[EndpointAddress] ports:[EndpointPort]
EndpointAddress ip:s hostname:s nodeName:s targetRef:ObjectReference
EndpointPort name:s port:i protocol:s appProtocol:s
Deployment spec:DeploymentSpec status:*
DeploymentSpec replicas:i selector:LabelSelector template:PodTemplateSpec strategy:DeploymentStrategy minReadySeconds:i revisionHistoryLimit:i paused:b progressDeadlineSeconds:i
DeploymentStrategy type:s rollingUpdate:RollingUpdate
RollingUpdate maxUnavailable:p maxSurge:p
ReplicaSet spec:ReplicaSetSpec status:*
ReplicaSetSpec replicas:i minReadySeconds:i selector:LabelSelector template:PodTemplateSpec
ReplicationController spec:ReplicationControllerSpec status:*
ReplicationControllerSpec replicas:i minReadySeconds:i selector:{s} template:PodTemplateSpec
ComponentStatus conditions:[ComponentCondition]
ComponentCondition type:s status:s message:s error:s
ControllerRevision data:* revision:i
DaemonSet spec:DaemonSetSpec status:*
DaemonSetSpec selector:LabelSelector template:PodTemplateSpec updateStrategy:DeploymentStrategy minReadySeconds:i revisionHistoryLimit:i
StatefulSet spec:StatefulSetSpec status:*
StatefulSetSpec replicas:i selector:LabelSelector template:PodTemplateSpec volumeClaimTemplates:[ClaimTemplate] serviceName:s podManagementPolicy:s updateStrategy:StatefulSetStrategy revisionHistoryLimit:i minReadySeconds:i persistentVolumeClaimRetentionPolicy:* ordinals:StatefulSetOrdinals
StatefulSetStrategy type:s rollingUpdate:StatefulSetRollingUpdate
StatefulSetRollingUpdate partition:i maxUnavailable:p
StatefulSetOrdinals start:i
CronJob spec:CronJobSpec status:*
CronJobSpec schedule:s timeZone:s startingDeadlineSeconds:i concurrencyPolicy:s suspend:b jobTemplate:JobTemplateSpec successfulJobsHistoryLimit:i failedJobsHistoryLimit:i
JobTemplateSpec metadata:ObjectMeta spec:JobSpec
Job spec:JobSpec status:*
JobSpec parallelism:i completions:i activeDeadlineSeconds:i podFailurePolicy:* successPolicy:* backoffLimit:i backoffLimitPerIndex:i maxFailedIndexes:i selector:LabelSelector manualSelector:b template:PodTemplateSpec ttlSecondsAfterFinished:i completionMode:s suspend:b podReplacementPolicy:s managedBy:s
ClaimVolume claimName:s readOnly:b
ResourceQuota spec:ResourceQuotaSpec status:*
ResourceQuotaSpec hard:{q} scopes:[s] scopeSelector:*
LimitRange spec:LimitRangeSpec
LimitRangeSpec limits:[LimitRangeItem]
LimitRangeItem type:s max:{q} min:{q} default:{q} defaultRequest:{q} maxLimitRequestRatio:{q}
PersistentVolume spec:PersistentVolumeSpec status:*
PersistentVolumeSpec capacity:{q} accessModes:[s] claimRef:ObjectReference persistentVolumeReclaimPolicy:s storageClassName:s mountOptions:[s] volumeMode:s nodeAffinity:* volumeAttributesClassName:s hostPath:HostPath local:* nfs:* csi:* iscsi:* fc:* cephfs:* rbd:* azureFile:* azureDisk:*
ObjectReference kind:s namespace:s name:s uid:s apiVersion:s resourceVersion:s fieldPath:s
ClaimTemplate apiVersion:s kind:s metadata:ObjectMeta spec:PersistentVolumeClaimSpec status:*
PersistentVolumeClaim spec:PersistentVolumeClaimSpec status:*
PersistentVolumeClaimSpec accessModes:[s] selector:LabelSelector resources:VolumeResourceRequirements volumeName:s storageClassName:s volumeMode:s dataSource:* dataSourceRef:* volumeAttributesClassName:s
VolumeResourceRequirements limits:{q} requests:{q}
StorageClass provisioner:s parameters:{s} reclaimPolicy:s mountOptions:[s] allowVolumeExpansion:b volumeBindingMode:s allowedTopologies:[*]
Ingress spec:IngressSpec status:*
IngressSpec ingressClassName:s defaultBackend:IngressBackend tls:[IngressTLS] rules:[IngressRule]
IngressBackend service:IngressServiceBackend resource:*
IngressServiceBackend name:s port:ServiceBackendPort
ServiceBackendPort name:s number:i
IngressTLS hosts:[s] secretName:s
IngressRule host:s http:HTTPIngressRuleValue
HTTPIngressRuleValue paths:[HTTPIngressPath]
HTTPIngressPath path:s pathType:s backend:IngressBackend
IngressClass spec:IngressClassSpec
IngressClassSpec controller:s parameters:*
NetworkPolicy spec:NetworkPolicySpec
NetworkPolicySpec podSelector:LabelSelector ingress:[NetworkPolicyIngressRule] egress:[NetworkPolicyEgressRule] policyTypes:[s]
NetworkPolicyIngressRule ports:[NetworkPolicyPort] from:[NetworkPolicyPeer]
NetworkPolicyEgressRule ports:[NetworkPolicyPort] to:[NetworkPolicyPeer]
NetworkPolicyPort protocol:s port:p endPort:i
NetworkPolicyPeer podSelector:LabelSelector namespaceSelector:LabelSelector ipBlock:IPBlock
IPBlock cidr:s except:[s]
PodDisruptionBudget spec:PodDisruptionBudgetSpec status:*
PodDisruptionBudgetSpec minAvailable:p selector:LabelSelector maxUnavailable:p unhealthyPodEvictionPolicy:s
HorizontalPodAutoscaler spec:HorizontalPodAutoscalerSpec status:*
HorizontalPodAutoscalerSpec scaleTargetRef:CrossVersionObjectReference minReplicas:i maxReplicas:i metrics:[*] behavior:*
HorizontalPodAutoscalerV1 spec:HorizontalPodAutoscalerV1Spec status:*
HorizontalPodAutoscalerV1Spec scaleTargetRef:CrossVersionObjectReference minReplicas:i maxReplicas:i targetCPUUtilizationPercentage:i
CrossVersionObjectReference kind:s name:s apiVersion:s
CertificateSigningRequest spec:CertificateSigningRequestSpec status:*
CertificateSigningRequestSpec request:y signerName:s expirationSeconds:i usages:[s] username:s uid:s groups:[s] extra:*
Role rules:[PolicyRule]
ClusterRole rules:[PolicyRule] aggregationRule:AggregationRule
AggregationRule clusterRoleSelectors:[LabelSelector]
PolicyRule verbs:[s] apiGroups:[s] resources:[s] resourceNames:[s] nonResourceURLs:[s]
RoleBinding subjects:[Subject] roleRef:RoleRef
ClusterRoleBinding subjects:[Subject] roleRef:RoleRef
Subject kind:s apiGroup:s name:s namespace:s
RoleRef apiGroup:s kind:s name:s
Binding target:*
Eviction deleteOptions:*
TokenRequest spec:* status:*
Scale spec:* status:*
`;

type Fields = ReadonlyMap<string, FieldType>;

const texts = new Map(
  TEXT.trim()
    .split('\n')
    .map((line): [string, string] => {
      const space = line.indexOf(' ');
      return [line.slice(0, space), line.slice(space + 1)];
    }),
);
const parsed = new Map<string, Fields>();

const TOP_LEVEL = 'apiVersion:s kind:s metadata:ObjectMeta ';
const SCALARS: Readonly<Record<string, FieldType>> = {
  s: { kind: 'string' },
  i: { kind: 'integer' },
  b: { kind: 'boolean' },
  q: { kind: 'quantity' },
  p: { kind: 'port' },
  t: { kind: 'time' },
  T: { kind: 'time or null' },
  y: { kind: 'bytes' },
  '*': { kind: 'any' },
};

/** Fields of a named type; undefined when the type is not described. Kinds of the API have the three common fields. */
export function fieldsOf(name: string, topLevel = false): Fields | undefined {
  const key = topLevel ? `${name} top` : name;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const text = texts.get(name);
  if (text === undefined) return undefined;
  const words = (topLevel ? TOP_LEVEL + text : text).split(' ');
  const fields = new Map(
    words.map((word): [string, FieldType] => {
      const colon = word.indexOf(':');
      return [word.slice(0, colon), typeOf(word.slice(colon + 1))];
    }),
  );
  parsed.set(key, fields);
  return fields;
}

function typeOf(text: string): FieldType {
  if (text.startsWith('{')) return { kind: 'map', of: typeOf(text.slice(1, -1)) };
  if (text.startsWith('[')) {
    const [of = '', mergeKey] = text.slice(1, -1).split('|');
    return { kind: 'list', of: typeOf(of), mergeKey: mergeKey ?? null };
  }
  return SCALARS[text] ?? { kind: 'object', name: text };
}
